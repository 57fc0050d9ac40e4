import { refuseLimit } from "./channel_end.ts";

/**
 * Records that are there, up to a limit, for `for … of`. A record is received when the loop comes to it: where the loop
 * is left early, the rest comes with the next batch. A batch, and each record, is the same object each time, good until
 * the next.
 */
export class Batch<T> implements Iterable<T, undefined>, Iterator<T, undefined> {
  readonly #limit: number;
  readonly #take: () => T | undefined;
  readonly #found: { done: false; value: T };
  readonly #over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  /** Whether a record was taken to see if there is one, and is not handed out yet. */
  #isFirst = false;
  #left = 0;

  /**
   * Made by an iteration.
   *
   * @param limit The most records of a batch.
   * @param take Takes the next record, if there is one: the same view each time.
   */
  constructor(limit: number, take: () => T | undefined) {
    if (!(limit >= 1)) refuseLimit(limit);
    this.#limit = Math.floor(limit);
    this.#take = take;
    this.#found = { done: false, value: undefined as T };
  }

  /** Makes the next batch of this; undefined if there is no record. Called by the iteration. */
  begin(take: () => T | undefined): this | undefined {
    if (!this.#isFirst) {
      const record = take();
      if (record === undefined) return undefined;
      this.#found.value = record;
      this.#isFirst = true;
    }
    this.#left = this.#limit;
    return this;
  }

  /** The next record of this batch. */
  next(): IteratorResult<T, undefined> {
    if (this.#left <= 0) return this.#over;
    this.#left--;
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#found;
    }
    if (this.#take() === undefined) {
      this.#left = 0;
      return this.#over;
    }
    return this.#found;
  }

  /** The batch itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
