import { refuseLimit } from "./channel_end.ts";

/** Where a batch takes its records from. */
export interface BatchSource<T> {
  /** Moves the record that was handed out last on to the next one, if that is known; the fast way. */
  step(): boolean;
  /**
   * The next record, if there is one: the same view each time. Frees all that were handed out.
   *
   * @param isIdle Whether the caller has nothing else to do: it is then checked whether the holder of the record is
   * alive.
   */
  more(isIdle: boolean): T | undefined;
}

/**
 * The records available, up to a limit, for `for … of`. A record is received when the loop reaches it; if the loop is
 * left early, the next batch holds the rest. A batch, and each record, is the same object each time, good until the
 * next.
 */
export class Batch<T> implements Iterable<T, undefined>, Iterator<T, undefined> {
  /** Makes the next batch of this; undefined if there is no record. Called by the iteration. */
  readonly begin: (isIdle: boolean) => this | undefined;
  /** The next record of this batch. */
  readonly next: () => IteratorResult<T, undefined>;

  /**
   * Made by an iteration.
   *
   * @param limit The most records of a batch.
   * @param source Where they come from.
   */
  constructor(limit: number, source: BatchSource<T>) {
    if (!(limit >= 1)) refuseLimit(limit);
    const most = Math.floor(limit), { step } = source;
    const found = { done: false as const, value: undefined as T };
    const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
    // Whether a record was taken to see if there is one, and is not handed out yet.
    let isFirst = false, left = 0;
    const more = (isIdle: boolean): boolean => {
      const record = source.more(isIdle);
      if (record === undefined) return false;
      found.value = record;
      return true;
    };
    this.begin = (isIdle) => {
      if (!isFirst && !more(isIdle)) return undefined;
      isFirst = true;
      left = most;
      return this;
    };
    this.next = () => {
      if (left <= 0) return over;
      left--;
      if (isFirst) isFirst = false;
      else if (!step() && !more(false)) {
        left = 0;
        return over;
      }
      return found;
    };
  }

  /** The batch itself. */
  [Symbol.iterator](): this {
    return this;
  }
}
