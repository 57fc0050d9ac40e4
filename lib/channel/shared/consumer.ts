import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { AnyStruct, ViewOf } from "../../layout/internal.ts";

/** How a consumer receives many at once: records, or the messages of a {@linkcode ByteRing}. */
export interface Consumer<Fn> {
  /**
   * Calls a function for each record, and frees the record. Never blocks. Each class says when it frees a record, and
   * what becomes of one for which `fn` throws.
   *
   * @param fn Receives the record, good until `fn` returns: the same view each time, or a message's type and where it
   * lies. It must not be asynchronous: by the time it continued, the record would no longer be this consumer's.
   * @param limit The most records to receive, at least 1. Defaults to all that were there before the call.
   * @returns How many records were received. With a limit, those that arrive during the call are among them: while few
   * arrive at a time, it pauses for up to two microseconds between polls, as each poll slows the producer down.
   * @throws {TypeError} If called by `fn` itself, or if `fn` is asynchronous.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: Fn, limit?: number) => number;

  /**
   * As `drain`, but blocks this thread until there is a record.
   *
   * @returns 0 if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly drainWait: (fn: Fn, limit?: number, options?: WaitOptions) => number;
}

/** The role of a consumer that frees what it receives. */
export interface ConsumerRole extends Disposable {
  /**
   * Frees what `next` returned.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly release: () => void;

  /**
   * Releases the role. What `next` returned counts as received. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void;

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}

/** The hot paths of a consumer of records. */
export interface RecordMethods<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => DrainResult, limit?: number): number;
  drainWait(fn: (record: ViewOf<S>) => DrainResult, limit?: number, options?: WaitOptions): number;
  shift(into: ViewOf<S>): boolean;
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean;
  next(): ViewOf<S> | undefined;
  nextWait(options?: WaitOptions): ViewOf<S> | undefined;
}
