import type { AnyStruct, ViewOf } from "../../layout/internal.ts";
import {
  type AsyncWaitOptions,
  type DrainResult,
  type Waitable,
  WAITED,
  type Waited,
  type WaitOptions,
} from "../../sync/internal.ts";
import { AsyncBatches, AsyncRecords, type Receiver } from "./async_records.ts";
import { Batch, type BatchSource } from "./batch.ts";
import { NOW } from "./now.ts";
import type { Waiter } from "./waiter.ts";

/**
 * The vocabulary of everything that receives records. `drain`, `shift` and `next` never wait; each class says what they
 * free, and what a death loses. `drainWait` and its kind block this thread until there is a record, `drainAsync` and
 * its kind wait in the event loop. Both then do what the plain form does. `AsyncWaitOptions` has the rules for
 * everything that waits in the event loop.
 *
 * While records come in quick succession, a task polls between the turns of the event loop (`pollMs` of the role's
 * options). Then it sleeps, and a thread that waits in the kernel wakes it.
 */
export abstract class AsyncConsumer<S extends AnyStruct = AnyStruct>
  implements AsyncIterable<ViewOf<S>, undefined>, Waitable {
  readonly #waiter: Waiter;

  /** Calls a function for each record; returns how many there were. */
  abstract readonly drain: (fn: (record: ViewOf<S>) => DrainResult, limit?: number) => number;
  /**
   * As `drain`, but blocks this thread until there is a record.
   *
   * @returns 0 if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  abstract readonly drainWait: (
    fn: (record: ViewOf<S>) => DrainResult,
    limit?: number,
    options?: WaitOptions,
  ) => number;
  /** Copies the next record and frees it; returns false if there is none. */
  abstract readonly shift: (into: ViewOf<S>) => boolean;
  /**
   * As `shift`, but blocks this thread until there is a record.
   *
   * @returns False if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  abstract readonly shiftWait: (into: ViewOf<S>, options?: WaitOptions) => boolean;
  /** The next record, in a loop of the caller's own; undefined if there is none. */
  abstract readonly next: () => ViewOf<S> | undefined;
  /**
   * As `next`, but blocks this thread until there is a record.
   *
   * @returns Undefined if the time runs out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  abstract readonly nextWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** How many records can be received now, or will be soon. */
  abstract get length(): number;

  /** Made by the channel. */
  protected constructor(waiter: Waiter) {
    this.#waiter = waiter;
  }

  /**
   * As `drain`, but waits in the event loop until there is a record.
   *
   * @returns How many there were: 0 if the time runs out.
   */
  async drainAsync(
    fn: (record: ViewOf<S>) => DrainResult,
    limit?: number,
    options?: AsyncWaitOptions,
  ): Promise<number> {
    let count = 0;
    await this.#waiter.untilAsync(() => (count = this.drainWait(fn, limit, NOW)) > 0, options);
    return count;
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
    return new AsyncRecords(this.#receiver(), options);
  }

  /** `for await (const record of consumer)`: as `records()`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ViewOf<S>, undefined> {
    return this.records();
  }

  /**
   * The records that are there, in batches of up to `limit`: `for await (const batch of consumer.batches(256)) for
   * (const record of batch) …`. The event loop is asked once a batch, which is much faster than once a record.
   *
   * @param limit The most records of a batch, at least 1.
   * @param options As those of `records`.
   * @throws {RangeError} If `limit` is less than 1.
   */
  batches(limit: number, options?: AsyncWaitOptions): AsyncIterableIterator<Batch<ViewOf<S>>, undefined> {
    return new AsyncBatches(this.#receiver(), new Batch(limit, this.batchSource()), options);
  }

  /** For wait sets: ready while there is a record. */
  get [WAITED](): Waited {
    return this.#waiter.waited((isLifeCheck) => this.canReceive(isLifeCheck));
  }

  /**
   * Whether there is a record to receive; it is left where it is.
   *
   * @param _isLifeCheck Whether it is time to check whether the process that holds this up has died.
   */
  protected canReceive(_isLifeCheck: boolean): boolean {
    return this.length > 0;
  }

  /** Where batches come from; channels that know how many records there are have a faster one. */
  protected batchSource(): BatchSource<ViewOf<S>> {
    return { step: () => false, more: (isIdle) => isIdle ? this.nextWait(NOW) : this.next() };
  }

  /** Frees what `next` returned, where there is something to free. */
  protected giveBack(): void {}

  /** Tells waiting tasks that this was closed. */
  protected endWaits(): void {
    this.#waiter.look();
  }

  #receiver(): Receiver<ViewOf<S>> {
    return {
      next: () => this.next(),
      look: () => this.nextWait(NOW),
      release: () => this.giveBack(),
      waiter: this.#waiter,
    };
  }
}
