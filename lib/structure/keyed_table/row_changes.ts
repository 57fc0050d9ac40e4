import { add, load, release } from "../../atomic/mod.ts";

/** Where a table's log of changes lies. */
export interface LogPlaces {
  /** How many changes there were. */
  readonly changesWord: number;
  readonly logWord: number;
  /** Entries of the log, less one: a power of two, at least as many as there are rows. */
  readonly logMask: number;
}

/**
 * The log of changes where each row has its own writer. A writer publishes the row's version, then adds 1 to the count,
 * which assigns it an entry, then fills the entry. A reader that sees a filled entry finds the version in the row; one
 * that sees an unfilled entry, of a slow or dead writer, visits all rows.
 */
export class RowChanges {
  readonly #words: Int32Array;
  readonly #places: LogPlaces;

  /** @param words Of the rows. */
  constructor(words: Int32Array, places: LogPlaces) {
    this.#words = words;
    this.#places = places;
  }

  /** How many changes there were, modulo 2^32. */
  get count(): number {
    return load(this.#words, this.#places.changesWord) >>> 0; // pairs: row changes
  }

  /** Notes that a row was published. */
  note(row: number): void {
    const { changesWord, logWord, logMask } = this.#places;
    const change = add(this.#words, changesWord, 1); // pairs: row changes
    release(this.#words, logWord + (change & logMask), (change & ~logMask) | row); // pairs: row change
  }

  /**
   * Calls a function for each row that changed, and returns the count to continue from; −1 if all rows have to be
   * visited.
   */
  visit(since: number, now: number, fn: (row: number) => void): boolean {
    const { logWord, logMask } = this.#places, changes = (now - since) >>> 0;
    if (changes > logMask) return false;
    const rows = new Set<number>();
    for (let i = 0; i < changes; i++) {
      const change = (since + i) | 0;
      const entry = load(this.#words, logWord + (change & logMask)); // pairs: row change
      if (((entry ^ change) & ~logMask) !== 0) return false;
      rows.add(entry & logMask);
    }
    rows.forEach(fn);
    return true;
  }
}
