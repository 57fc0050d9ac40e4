import { isTurnDue } from "../../atomic/internal.ts";
import { pause } from "../../atomic/mod.ts";
import type { AsyncWaitOptions } from "../../sync/mod.ts";
import type { Batch } from "./batch.ts";
import type { Waiter } from "./waiter.ts";

/** Polls of a channel before a task waits for it, and processor pauses between two of them. */
const POLLS = 8;
const PAUSES = 8;

/** How an iteration receives, one after another. */
export interface Receiver<T> {
  /**
   * The next one.
   *
   * @param isIdle Whether the caller has nothing else to do: it is then checked whether the holder of the record is
   * alive.
   * @returns Undefined if there is none now.
   */
  take(isIdle: boolean): T | undefined;
  /** Frees what was received. */
  release(): unknown;
  /** Waits for the next one. */
  readonly waiter: Waiter;
}

/**
 * What `for await` iterates over: it waits in the event loop for each one that is not there yet. Even where all of them
 * are there at once, the event loop gets a turn each millisecond.
 */
export class AsyncRecords<T> implements AsyncIterableIterator<T, undefined> {
  readonly #receiver: Receiver<T>;
  readonly #options: AsyncWaitOptions | undefined;
  #hasEnded = false;

  /**
   * @param receiver What receives.
   * @param options `timeoutMs`: the iteration ends if there is nothing for that long. `signal`: it throws the signal's
   * reason.
   */
  constructor(receiver: Receiver<T>, options: AsyncWaitOptions | undefined) {
    this.#receiver = receiver;
    this.#options = options;
  }

  /** The next one, once it is there. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined });
    try {
      if (!isTurnDue() && !this.#options?.signal?.aborted) {
        const value = this.#receiver.take(false) ?? this.#pollAgain();
        if (value !== undefined) return Promise.resolve({ done: false, value });
      }
      return this.#wait();
    } catch (error) {
      this.#hasEnded = true;
      return Promise.reject(error);
    }
  }

  /** Ends the iteration, and frees what was received last. */
  return(): Promise<IteratorResult<T, undefined>> {
    try {
      this.#end();
      return Promise.resolve({ done: true, value: undefined });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** This very iteration: there is one at a time. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Polls for a microsecond or two: where records come in quick succession, that is less than a turn takes. */
  #pollAgain(): T | undefined {
    let value: T | undefined;
    for (let poll = 0; value === undefined && poll < POLLS; poll++) {
      for (let i = 0; i < PAUSES; i++) pause();
      value = this.#receiver.take(false);
    }
    return value;
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    let value: T | undefined;
    const attempt = () => (value = this.#receiver.take(true)) !== undefined;
    try {
      await this.#receiver.waiter.untilAsync(attempt, this.#options, true);
    } catch (error) {
      this.#hasEnded = true;
      throw error;
    }
    if (value !== undefined) return { done: false, value };
    this.#end();
    return { done: true, value: undefined };
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#receiver.release();
  }
}

/** The batches that `for await` iterates over. */
export class AsyncBatches<T> extends AsyncRecords<Batch<T>> {
  /**
   * @param receiver What receives the batch's records.
   * @param batch What is handed out, each time.
   * @param options As those of `AsyncRecords`.
   */
  constructor(receiver: Receiver<T>, batch: Batch<T>, options: AsyncWaitOptions | undefined) {
    super({ ...receiver, take: batch.begin }, options);
  }
}
