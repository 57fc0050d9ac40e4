import { type AsyncWaitOptions, type Waitable, WAITED, type Waited, type WaitOptions } from "../../sync/internal.ts";
import { AsyncBatches, AsyncRecords, type Receiver } from "./async_records.ts";
import { Batch, type BatchSource } from "./batch.ts";
import type { Consumer } from "./consumer.ts";
import { NOW } from "./now.ts";
import type { Waiter } from "./waiter.ts";

/**
 * What consumers and readers do in the event loop, with records or with the messages of a {@linkcode ByteRing}.
 * `AsyncWaitOptions` has the rules for everything that waits in the event loop.
 *
 * While records come in quick succession, a task polls between the turns of the event loop (`pollMs` of the role's
 * options). Then it sleeps, and a thread that waits in the kernel wakes it.
 */
export abstract class AsyncReceiver<Fn, T> implements Consumer<Fn>, AsyncIterable<T, undefined>, Waitable {
  readonly #waiter: Waiter;
  readonly #freeReceived: () => void;

  abstract readonly drain: (fn: Fn, limit?: number) => number;
  abstract readonly drainWait: (fn: Fn, limit?: number, options?: WaitOptions) => number;

  /**
   * Made by the channel.
   *
   * @param waiter Where its tasks wait.
   * @param freeReceived Frees what was received, where there is something to free.
   */
  protected constructor(waiter: Waiter, freeReceived: () => void = () => {}) {
    this.#waiter = waiter;
    this.#freeReceived = freeReceived;
  }

  /**
   * As `drain`, but waits in the event loop until there is a record.
   *
   * @returns How many there were: 0 if the time runs out.
   */
  async drainAsync(fn: Fn, limit?: number, options?: AsyncWaitOptions): Promise<number> {
    let count = 0;
    await this.#waiter.untilAsync(() => (count = this.drainWait(fn, limit, NOW)) > 0, options);
    return count;
  }

  /** `for await (const record of consumer)`: each as `next` returns it, freed at the next step. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.iterate();
  }

  /**
   * The available records, in batches of up to `limit`: `for await (const batch of consumer.batches(256)) for (const
   * record of batch) …`. The event loop is entered once per batch, which is much faster than once per record.
   *
   * @param limit The most records of a batch, at least 1.
   * @param options `timeoutMs`: the loop ends if there is no record for that long. `signal`: the loop throws the
   * signal's reason.
   * @throws {RangeError} If `limit` is less than 1.
   */
  batches(limit: number, options?: AsyncWaitOptions): AsyncIterableIterator<Batch<T>, undefined> {
    return new AsyncBatches(this.#receiver(), new Batch(limit, this.batchSource()), options);
  }

  /** For wait sets: ready while there is a record. */
  get [WAITED](): Waited {
    return this.#waiter.waited((isLifeCheck) => this.canReceive(isLifeCheck));
  }

  /** The records one by one, for `for await`. */
  protected iterate(options?: AsyncWaitOptions): AsyncIterableIterator<T, undefined> {
    return new AsyncRecords(this.#receiver(), options);
  }

  /**
   * Whether there is a record to receive; it is left where it is.
   *
   * @param isLifeCheck Whether it is time to check whether the process that holds this up has died.
   */
  protected abstract canReceive(isLifeCheck: boolean): boolean;

  /**
   * The next record.
   *
   * @param isIdle Whether the caller has nothing else to do: it is then checked whether the holder of the record is
   * alive.
   */
  protected abstract take(isIdle: boolean): T | undefined;

  /** Where batches come from; channels that know how many records there are have a faster one. */
  protected batchSource(): BatchSource<T> {
    return { step: () => false, more: (isIdle) => this.take(isIdle) };
  }

  /** Makes waiting tasks check now, as this was closed. */
  protected endWaits(): void {
    this.#waiter.checkNow();
  }

  #receiver(): Receiver<T> {
    return {
      take: (isIdle) => this.take(isIdle),
      release: this.#freeReceived,
      waiter: this.#waiter,
    };
  }
}
