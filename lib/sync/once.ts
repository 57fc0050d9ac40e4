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
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { requireDone, requireSynchronous, type Synchronous } from "./shared/synchronous.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** A once has no options. */
export type OnceOptions = Record<never, never>;

/*
 * Behind the header's counts (see lock_format.ts):
 *
 *     lock word    state
 *     0            nobody has begun
 *     id           that attachment is at it
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
 * If the one that runs it dies or throws, the next one runs it from the start, within 100 ms, and is told of a death. A
 * stopped one is waited for. What counts as a death is said at {@linkcode Mutex}.
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

  /** Attaches to a once. A read-only attachment can only look at `isDone` and `stats()`. */
  static attach(region: Region, _options: OnceOptions): Once {
    return new Once(region);
  }

  /** Whether the function has run. */
  get isDone(): boolean {
    if (this.#header.source.closed) this.#header.refuseUse("look at");
    return load(this.#header.source.i32, LOCK_WORD) === DONE; // pairs with the exchange in #run
  }

  /**
   * Runs the function if nobody has, or waits until whoever runs it is done.
   *
   * @param fn Told whether one that had begun died. What it throws is thrown on, and the next caller runs it again. Its
   * work must be done when it returns: an async function is refused, and a function that returns a promise counts as one
   * that threw, though what it has begun goes on.
   * @returns True if it is done now, false if it was not in time.
   * @throws {AlreadyOwnerError} If called from within the function.
   * @throws {TypeError} If `fn` is async or returns a promise.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  run<T>(fn: (ownerDied: boolean) => T & Synchronous<T>, options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("run");
    requireSynchronous("run", this.#header.what, fn);
    const timeoutMs = this.#header.timeoutMs("run", options);
    if (load(this.#words, LOCK_WORD) === DONE) return true; // pairs with the exchange in #run
    const deadline = this.#changed.now() + timeoutMs;
    let place = -1;
    try {
      while (true) {
        const seen = this.#changed.snapshot();
        const word = load(this.#words, LOCK_WORD); // pairs with the exchanges in #run
        if (word === DONE) return true;
        if (word === this.#header.id) {
          throw new AlreadyOwnerError(`Cannot run ${this.#header.what} as this attachment is at it already`);
        }
        if (word === FREE || !this.#header.party.isAlive(ownerOf(word))) {
          // Pairs with the exchanges in #run: from here on it is this attachment that runs it.
          if (compareExchange(this.#words, LOCK_WORD, word, this.#header.id) !== word) continue;
          this.#run(fn, word !== FREE, place !== -1);
          return true;
        }
        if (place === -1) place = this.#header.beginWaiting();
        const until = Math.min(deadline, this.#changed.now() + LIFE_CHECK_MS);
        if (!this.#changed.wait(seen, until) && until === deadline) return this.isDone;
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** Who runs the function, waiters and counts. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }

  #run(fn: (ownerDied: boolean) => unknown, ownerDied: boolean, hasWaited: boolean): void {
    const { counts } = this.#header;
    counts[ACQUISITIONS_F64]++;
    if (hasWaited) counts[CONTENDED_F64]++;
    if (ownerDied) counts[RECOVERIES_F64]++;
    let next = FREE;
    try {
      requireDone("run", this.#header.what, fn(ownerDied));
      next = DONE;
    } finally {
      if (this.#words.length > 0) {
        exchange(this.#words, LOCK_WORD, next); // pairs with the loads in run: what fn wrote is seen
        this.#changed.notifyAll();
      }
    }
  }
}
