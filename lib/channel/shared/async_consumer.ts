import type { AnyStruct, ViewOf } from "../../layout/internal.ts";
import type { AsyncWaitOptions, DrainResult, WaitOptions } from "../../sync/internal.ts";
import { AsyncReceiver } from "./async_receiver.ts";
import type { Consumer, RecordMethods } from "./consumer.ts";
import { NOW } from "./now.ts";
import type { Waiter } from "./waiter.ts";

/**
 * The vocabulary of everything that receives records. `drain`, `shift` and `next` never wait; each class says what they
 * free, and what a death loses. `drainWait` and its kind block this thread until there is a record, `drainAsync` and
 * its kind wait in the event loop. Both then do what the plain form does.
 */
export abstract class AsyncConsumer<S extends AnyStruct = AnyStruct>
  extends AsyncReceiver<(record: ViewOf<S>) => DrainResult, ViewOf<S>>
  implements Consumer<(record: ViewOf<S>) => DrainResult> {
  readonly #waiter: Waiter;

  readonly drain: (fn: (record: ViewOf<S>) => DrainResult, limit?: number) => number;
  readonly drainWait: (fn: (record: ViewOf<S>) => DrainResult, limit?: number, options?: WaitOptions) => number;

  /**
   * Copies the next record and frees it. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none.
   * @throws {TypeError} If called by the function that `drain` calls, or if it cannot be copied there.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /**
   * As `shift`, but blocks this thread until there is a record.
   *
   * @returns False if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly shiftWait: (into: ViewOf<S>, options?: WaitOptions) => boolean;

  /**
   * The next record, in a loop of the caller's own: `for (let r; (r = consumer.next()) !== undefined;) sum += r.price`.
   * The fastest way to receive, as the loop's variables stay in registers. Never blocks. Each class says when the
   * record is freed.
   *
   * @returns The same view each time, good until the next call of any method of this consumer; undefined if there is
   * none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly next: () => ViewOf<S> | undefined;

  /**
   * As `next`, but blocks this thread until there is a record.
   *
   * @returns Undefined if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  readonly nextWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** How many records can be received now, or will be soon. */
  abstract get length(): number;

  /** Made by the channel. */
  protected constructor(waiter: Waiter, path: RecordMethods<S>, freeReceived?: () => void) {
    super(waiter, freeReceived);
    this.#waiter = waiter;
    this.drain = path.drain;
    this.drainWait = path.drainWait;
    this.shift = path.shift;
    this.shiftWait = path.shiftWait;
    this.next = path.next;
    this.nextWait = path.nextWait;
  }

  /**
   * As `shift`, but waits in the event loop until there is a record.
   *
   * @param into The caller must leave it alone until then.
   * @returns False if the time runs out.
   */
  shiftAsync(into: ViewOf<S>, options?: AsyncWaitOptions): Promise<boolean> {
    return this.#waiter.untilAsync(() => this.shiftWait(into, NOW), options);
  }

  /**
   * The records, for `for await`: each as `next` returns it, the same view each time, freed at the next step or when
   * the loop is left. Only one task at a time may iterate: a second one gets a `TypeError`.
   *
   * @param options `timeoutMs`: the loop ends if there is no record for that long. `signal`: the loop throws the
   * signal's reason.
   */
  records(options?: AsyncWaitOptions): AsyncIterableIterator<ViewOf<S>, undefined> {
    return this.iterate(options);
  }

  /** Polls for a record. */
  protected override canReceive(_isLifeCheck: boolean): boolean {
    return this.length > 0;
  }

  /** By `next`, or a `nextWait` that does not wait. */
  protected override take(isIdle: boolean): ViewOf<S> | undefined {
    return isIdle ? this.nextWait(NOW) : this.next();
  }
}
