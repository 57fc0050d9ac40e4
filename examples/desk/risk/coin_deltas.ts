/** Net deltas, each in its own coins: what one coin loses, another one does not bring back. */
export class CoinDeltas {
  readonly #deltas: Map<string, number> = new Map();

  /** Adds to a coin's. */
  add(coin: string, delta: number): void {
    this.#deltas.set(coin, this.of(coin) + delta);
  }

  /** A coin's; 0 if nothing of it is held. */
  of(coin: string): number {
    return this.#deltas.get(coin) ?? 0;
  }

  /** That of the coin that is furthest off. What is not a number is. */
  get largest(): number {
    let largest = 0;
    for (const delta of this.#deltas.values()) if (!(Math.abs(delta) <= Math.abs(largest))) largest = delta;
    return largest;
  }

  /** Forgets all. */
  clear(): void {
    this.#deltas.clear();
  }
}
