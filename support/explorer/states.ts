/**
 * The states that a search has been in, each with the most preemptions that were left there. Open addressing over 64
 * bits of hash, several times as fast as a `Map`: among ten million states, two share their hash with a probability of
 * 3 in a million, and then a part of the schedules would be left out.
 */
export class States {
  #low = new Int32Array(1 << 14);
  #high = new Int32Array(1 << 14);
  /** One more than the preemptions that were left; 0 for an empty place. */
  #left = new Uint8Array(1 << 14);
  #count = 0;
  readonly #most: number;

  /** @param most How many states there may be: some 30 bytes each, and half as many more while it grows. */
  constructor(most: number = Infinity) {
    this.#most = most;
  }

  /** Whether there are as many as there may be. */
  get isFull(): boolean {
    return this.#count >= this.#most;
  }

  /** How many states were met. */
  get count(): number {
    return this.#count;
  }

  /**
   * Whether the search has been here with as many preemptions left: then all that can come has been seen. If not, it
   * has been from now on.
   */
  isKnown(low: number, high: number, left: number): boolean {
    if (this.#count * FILLED > this.#left.length) this.#grow();
    const at = this.#placeOf(low, high);
    if (this.#left[at] > left) return true;
    if (this.#left[at] === 0) this.#count++;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#left[at] = left + 1;
    return false;
  }

  /** Whether the search has been here with as many preemptions left. */
  has(low: number, high: number, left: number): boolean {
    return this.#left[this.#placeOf(low, high)] > left;
  }

  #placeOf(low: number, high: number): number {
    const mask = this.#left.length - 1;
    let at = low & mask;
    while (this.#left[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const low = this.#low, high = this.#high, left = this.#left, length = left.length * 2;
    this.#low = new Int32Array(length);
    this.#high = new Int32Array(length);
    this.#left = new Uint8Array(length);
    for (let i = 0; i < left.length; i++) {
      if (left[i] === 0) continue;
      const at = this.#placeOf(low[i], high[i]);
      this.#low[at] = low[i];
      this.#high[at] = high[i];
      this.#left[at] = left[i];
    }
  }
}

/** One place in so many is taken at most. */
const FILLED = 1.5;
