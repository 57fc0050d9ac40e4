import { compareExchange, exchange, load } from "../atomic/mod.ts";
import { AlreadyOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import {
  ACQUISITIONS_F64,
  CONTENDED_F64,
  FIRST_OWN_WORD,
  FREE,
  LOCK_BYTES,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./shared/lock_format.ts";
import { announcedTo } from "./shared/async/announced.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { requireDone, requireSynchronous, type Synchronous } from "./shared/synchronous.ts";
import type { WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** A once has no options. */
export type OnceOptions = Record<never, never>;

/*
 * After the header's counts (see lock_format.ts):
 *
 *     lock word    state
 *     0            none has begun
 *     id           that attachment runs the function
 *     DONE         done: mark without an id
 *
 *     offset  bytes  field
 *         32      4  event count: the state changed
 */
const CHANGED_WORD = FIRST_OWN_WORD;
const DONE: number = MARK;

/**
 * Runs a function once among all processes, however many ask for it; the others sleep until it is done.
 *
 * If the attachment that runs it dies or throws, the next one runs it from the start, within 100 ms, and learns of the
 * death. A stopped one is waited for. See {@linkcode Lock} for what counts as a death.
 *
 * Source: `pthread_once`; a death's rules are this project's.
 *
 * @example
 * ```ts
 * import { Once, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const once = Once.attach(Region.over(new SharedArrayBuffer(Once.byteLength({}))), {});
 * let runs = 0;
 * once.run(() => runs++);
 * once.run(() => runs++);
 * assertEquals([runs, once.isDone], [1, true]);
 * ```
 */
export class Once {
  /** The name in the catalog. */
  static readonly kind = "Once";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #changed: EventCount;

  private constructor(region: Region) {
    this.#header = new LockHeader("once", region);
    this.#words = this.#header.words;
    this.#changed = new EventCount(this.#words, CHANGED_WORD);
  }

  /** The bytes a once takes. */
  static byteLength(_options: OnceOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a once in zeroed memory. */
  static init(_region: Region, _options: OnceOptions): void {}

  /** Attaches to a once. A read-only attachment can only read `isDone` and `stats()`. */
  static attach(region: Region, _options: OnceOptions): Once {
    return new Once(region);
  }

  /** Whether the function has run. */
  get isDone(): boolean {
    if (this.#header.source.closed) this.#header.refuseUse("read");
    return load(this.#header.source.i32, LOCK_WORD) === DONE; // pairs: once done
  }

  /**
   * Runs the function if none has run it, or waits until the attachment that runs it is done.
   *
   * @param fn Receives whether an attachment that had begun died. If it throws, the error reaches the caller, and the
   * next caller runs it again. Its work must be done when it returns: an async function is refused, and a function that
   * returns a promise counts as one that threw, though the work it has begun continues.
   * @param options `timeoutMs` and `stop`; `WaitOptions` has the rules of all forms that block.
   * @returns True if it is done now, false if the time ran out.
   * @throws {AlreadyOwnerError} Within the function; without a limit, also through another attachment of this thread.
   * @throws {TypeError} If `fn` is async or returns a promise.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  run<T>(fn: (ownerDied: boolean) => T & Synchronous<T>, options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("run");
    requireSynchronous("run", this.#header.what, fn);
    const limit = this.#header.limitOf("run", options);
    if (load(this.#words, LOCK_WORD) === DONE) return true; // pairs: once done
    const before = this.#begin() ?? this.#sleep(limit.from(this.#changed.now()));
    if (before === undefined) return false;
    if (before !== DONE) this.#run(fn, before !== FREE);
    return true;
  }

  /**
   * As `run`, but waits in the event loop, and the function may be async: then it is done when its promise is. Tasks of
   * this attachment wait for each other; one that waits within the function for the same once waits for ever.
   *
   * @param fn Receives whether an attachment that had begun died. If it throws, or its promise is rejected, the error
   * reaches the caller, and the next caller runs it again.
   * @param options `timeoutMs` and `signal`, for the wait; `AsyncWaitOptions` has the rules of all async forms.
   * @returns True if it is done now, false if the time ran out.
   */
  async runAsync(fn: (ownerDied: boolean) => unknown, options?: AsyncWaitOptions): Promise<boolean> {
    let before: number | undefined, hasWaited = false;
    const mayRun = await this.#header.tasks.wait("run", {
      attempt: () => {
        const isRunHere = load(this.#words, LOCK_WORD) === this.#header.id; // another task; pairs: once done
        if (isRunHere || (before = this.#begin()) === undefined) return false;
        if (hasWaited && before !== DONE) this.#header.counts[CONTENDED_F64]++;
        return true;
      },
      arm: () => {
        hasWaited = true;
        return announcedTo(this.#changed);
      },
    }, options);
    if (!mayRun || before === DONE) return mayRun;
    let next = FREE;
    try {
      this.#countRun(before !== FREE);
      await fn(before !== FREE);
      next = DONE;
    } finally {
      this.#end(next);
    }
    return true;
  }

  /** The attachment that runs the function, waiters and counts. */
  stats(): LockStats {
    return this.#header.stats();
  }

  /**
   * The word before, if this attachment runs the function from now on, or if it is done; undefined if another runs it.
   */
  #begin(): number | undefined {
    while (true) {
      const word = load(this.#words, LOCK_WORD); // pairs: once done
      if (word === DONE) return word;
      if (word === this.#header.id) {
        throw new AlreadyOwnerError(`Cannot run ${this.#header.what} as this attachment is running it already`);
      }
      if (word !== FREE && this.#header.party.isAlive(ownerOf(word))) return undefined;
      if (compareExchange(this.#words, LOCK_WORD, word, this.#header.id) === word) return word; // pairs: once done
    }
  }

  /** Sleeps while another runs the function. The same as `#begin`; undefined if the time ran out. */
  #sleep(limit: WaitLimit): number | undefined {
    let before: number | undefined;
    this.#header.sleepUntil(this.#changed, limit, () => {
      before = this.#begin();
      if (before !== undefined) return true;
      this.#header.refuseEndless("run", ownerOf(load(this.#words, LOCK_WORD)), limit); // pairs: once done
      return false;
    });
    if (before !== undefined && before !== DONE) this.#header.counts[CONTENDED_F64]++;
    return before;
  }

  #run(fn: (ownerDied: boolean) => unknown, ownerDied: boolean): void {
    this.#countRun(ownerDied);
    let next = FREE;
    try {
      requireDone("run", this.#header.what, fn(ownerDied));
      next = DONE;
    } finally {
      this.#end(next);
    }
  }

  #countRun(ownerDied: boolean): void {
    const { counts } = this.#header;
    counts[ACQUISITIONS_F64]++;
    if (ownerDied) counts[RECOVERIES_F64]++;
  }

  #end(next: number): void {
    if (this.#words.length === 0) return;
    exchange(this.#words, LOCK_WORD, next); // pairs: once done; what fn wrote is seen
    this.#changed.notifyAll();
  }
}
