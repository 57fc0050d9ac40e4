import { refuseLimit } from "./channel_end.ts";

/** Where a batch takes its records from. */
export interface BatchSource<T> {
  /** Moves the record that was handed out last on to the next one, if that is known; the fast way. */
  step(): boolean;
  /**
   * The next record, if there is one: the same view each time. Gives back all that were handed out.
   *
   * @param isIdle Whether the caller has nothing else to do: who holds the record up is then looked at more closely.
   */
  more(isIdle: boolean): T | undefined;
}

/**
 * Records that are there, up to a limit, for `for … of`. A record is received when the loop comes to it: where the loop
 * is left early, the rest comes with the next batch. A batch, and each record, is the same object each time, good until
 * the next.
 */
export class Batch<T> implements Iterable<T, undefined>, Iterator<T, undefined> {
  readonly #limit: number;
  readonly #source: BatchSource<T>;
  readonly #step: () => boolean;
  readonly #found: { done: false; value: T };
  readonly #over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  /** Whether a record was taken to see if there is one, and is not handed out yet. */
  #isFirst = false;
  #left = 0;

  /**
   * Made by an iteration.
   *
   * @param limit The most records of a batch.
   * @param source Where they come from.
   */
  constructor(limit: number, source: BatchSource<T>) {
    if (!(limit >= 1)) refuseLimit(limit);
    this.#limit = Math.floor(limit);
    this.#source = source;
    this.#step = source.step;
    this.#found = { done: false, value: undefined as T };
  }

  /** Makes the next batch of this; undefined if there is no record. Called by the iteration. */
  begin(isIdle: boolean): this | undefined {
    if (!this.#isFirst && !this.#more(isIdle)) return undefined;
    this.#isFirst = true;
    this.#left = this.#limit;
    return this;
  }

  /** The next record of this batch. */
  next(): IteratorResult<T, undefined> {
    if (this.#left <= 0) return this.#over;
    this.#left--;
    if (this.#isFirst) this.#isFirst = false;
    else if (!this.#step() && !this.#more(false)) {
      this.#left = 0;
      return this.#over;
    }
    return this.#found;
  }

  /** The batch itself. */
  [Symbol.iterator](): this {
    return this;
  }

  #more(isIdle: boolean): boolean {
    const record = this.#source.more(isIdle);
    if (record === undefined) return false;
    this.#found.value = record;
    return true;
  }
}
