/** How many choices one run may make: a run that makes more never ends. */
export const MOST_CHOICES = 10_000;

/** How many options a choice may have. */
const MOST_OPTIONS = 32;

/** Says which option to take where nothing is laid down: an index. The first one is the ordinary one. */
export type Picker = (kind: number, options: Uint16Array, count: number) => number;

/**
 * The choices of a run. What is laid down is taken again; beyond that a picker decides. A depth-first search picks
 * first options, and `advance` lays down the path that comes next.
 */
export class Choices {
  /** The options of the choice that is about to be made, for its maker to fill in. */
  readonly offer: Uint16Array = new Uint16Array(MOST_OPTIONS);
  readonly #options = new Uint16Array(MOST_CHOICES * MOST_OPTIONS);
  readonly #counts = new Uint8Array(MOST_CHOICES);
  readonly #kinds = new Int32Array(MOST_CHOICES);
  readonly #taken = new Uint8Array(MOST_CHOICES);
  readonly #picker: Picker | undefined;
  #depth = 0;
  #laidDown = 0;

  /** @param picker Defaults to picking first options. */
  constructor(picker?: Picker) {
    this.#picker = picker;
  }

  /** How many choices this run has made. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether the next choice is laid down. */
  get isLaidDown(): boolean {
    return this.#depth < this.#laidDown;
  }

  /** Begins a run. */
  begin(): void {
    this.#depth = 0;
  }

  /** Takes the option that is laid down, of a choice that must be of the kind that it was before. */
  takeLaidDown(kind: number): number {
    const at = this.#depth++;
    if (this.#kinds[at] !== kind) {
      throw new Error(`Cannot explore as a run had other choices than the one before: found ${kind} at ${at}`);
    }
    return this.#options[at * MOST_OPTIONS + this.#taken[at]];
  }

  /** Takes one of the first `count` options on offer. `kind` says what is chosen. */
  take(kind: number, count: number): number {
    if (count > MOST_OPTIONS) throw new Error(`Cannot choose as there may be ${MOST_OPTIONS} options: found ${count}`);
    const at = this.#depth++, { offer } = this;
    for (let i = 0; i < count; i++) this.#options[at * MOST_OPTIONS + i] = offer[i];
    this.#counts[at] = count;
    this.#kinds[at] = kind;
    this.#taken[at] = this.#picker === undefined ? 0 : this.#picker(kind, offer, count);
    return offer[this.#taken[at]];
  }

  /** Lays down the next path, depth first. False if all have been taken. */
  advance(): boolean {
    let at = this.#depth - 1;
    while (at >= 0 && this.#taken[at] + 1 >= this.#counts[at]) at--;
    if (at < 0) return false;
    this.#taken[at]++;
    this.#laidDown = at + 1;
    return true;
  }

  /** What this run has taken: an index among the options for each choice. */
  get path(): number[] {
    return Array.from(this.#taken.subarray(0, this.#depth));
  }
}
