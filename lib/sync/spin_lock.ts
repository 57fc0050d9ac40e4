import { Backoff, compareExchange, exchange, load } from "../atomic/mod.ts";
import { AlreadyOwnerError, NotOwnerError } from "../errors.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import {
  ACQUISITIONS_F64,
  CONTENDED_F64,
  FREE,
  isMarked,
  LOCK_BYTES,
  LOCK_WORD,
  MARK,
  ownerOf,
  RECOVERIES_F64,
} from "./lock_descriptor.ts";
import { LIFE_CHECK_MS, LockHeader } from "./lock_header.ts";
import type { LockStats } from "./lock_stats.ts";
import type { WaitOptions } from "./wait_options.ts";

/** A spinlock has no options. */
export type SpinLockOptions = Record<never, never>;

/**
 * Lets one attachment at a time into a section of code that takes well under a microsecond, whichever process it is in.
 * The others spin, and after some microseconds sleep for ever longer moments, up to 40 ms: where sections are longer, a
 * {@linkcode Mutex} is woken at once and serves better. Not fair.
 *
 * An owner that dies at any instruction leaves the lock to the next one within 100 ms, who finds `ownerDied` true until it
 * unlocks. A stopped owner keeps it. What counts as a death is said at {@linkcode Mutex}.
 *
 * Source: test-and-test-and-set with backoff, T. Anderson, "The Performance of Spin Lock Alternatives" (1990).
 *
 * @example
 * ```ts
 * import { Region, SpinLock } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const region = Region.over(new SharedArrayBuffer(SpinLock.byteLength({})));
 * const lock = SpinLock.attach(region, {});
 * assertEquals(lock.tryLock(), true);
 * lock.unlock();
 * ```
 */
export class SpinLock {
  /** The name in the catalog. */
  static readonly kind = "SpinLock";

  readonly #header: LockHeader;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: Guard;
  readonly #backoff = new Backoff({ longestSleepMs: LIFE_CHECK_MS });

  private constructor(region: Region) {
    this.#header = new LockHeader("spinlock", region);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
    this.#guard = new Guard(this);
  }

  /** The bytes a spinlock takes. */
  static byteLength(_options: SpinLockOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a spinlock in zeroed memory: zeros are a free one. */
  static init(_region: Region, _options: SpinLockOptions): void {}

  /** Attaches to a spinlock. A read-only attachment can only look at `stats()`. */
  static attach(region: Region, _options: SpinLockOptions): SpinLock {
    return new SpinLock(region);
  }

  /**
   * Takes the lock if nobody alive holds it. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    // Pairs with the exchange in unlock.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE) return this.#takeOver(this.#requireOther());
    this.#counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Takes the lock, and spins, then sleeps in short turns, until it is free.
   *
   * @returns False if it was not free in time.
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {RangeError} If `timeoutMs` is negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    // Pairs with the exchange in unlock.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE) return this.#lockTaken(options);
    this.#counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Gives the lock back.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   * @throws {ClosedError} If the segment was closed, which gave the lock up as a death does.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    // Pairs with the exchange in lock and tryLock: the next owner sees what this one wrote.
    if (compareExchange(this.#words, LOCK_WORD, this.#id, FREE) !== this.#id) this.#unlockMarked();
  }

  /**
   * Takes the lock for a block: `using guard = lock.acquire()`.
   *
   * @returns The lock's one guard, or undefined if it was not free in time.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): Guard | undefined;
  acquire(options?: WaitOptions): Guard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** Whether this attachment holds the lock and took it from an owner that died. */
  get ownerDied(): boolean {
    if (this.#words.length === 0) return false;
    return load(this.#words, LOCK_WORD) === (this.#id | MARK); // pairs with #takeOver of this same attachment
  }

  /** Owner, waiters and counts. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }

  /** The lock word is marked after a takeover: that is all the mark says here. */
  #unlockMarked(): void {
    const word = load(this.#words, LOCK_WORD); // pairs with the exchanges that take the lock
    if (ownerOf(word) === this.#id && isMarked(word)) {
      exchange(this.#words, LOCK_WORD, FREE); // pairs with the exchange in lock and tryLock
      return;
    }
    throw new NotOwnerError(
      `Cannot unlock ${this.#header.what} as this attachment must hold it: found ${
        word === FREE ? "nobody" : this.#header.party.describe(ownerOf(word))
      }`,
    );
  }

  #lockTaken(options: WaitOptions | undefined): boolean {
    const start = performance.now();
    const deadline = this.#header.deadline("lock", start, options);
    this.#requireOther();
    const backoff = this.#backoff;
    backoff.reset();
    let place = -1;
    try {
      for (let nextCheck = -Infinity;;) {
        if (this.#words.length === 0) this.#header.refuseUse("lock");
        const word = load(this.#words, LOCK_WORD); // test before test-and-set: the line stays shared
        if (word === FREE) {
          if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) === FREE) return this.#taken();
        } else if (backoff.isSleeping) {
          if (place === -1) place = this.#header.beginWaiting();
          const now = performance.now();
          if (now >= nextCheck) {
            if (this.#takeOver(word)) return true;
            nextCheck = now + LIFE_CHECK_MS;
          }
          if (now >= deadline) return false;
        }
        backoff.step();
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }

  /** The word of a lock that this attachment does not hold. */
  #requireOther(): number {
    const word = load(this.#words, LOCK_WORD); // pairs with the exchanges in lock and unlock
    if (ownerOf(word) !== this.#id) return word;
    throw new AlreadyOwnerError(
      `Cannot lock ${this.#header.what} as this attachment holds it already; unlock it first`,
    );
  }

  /** Takes the lock from an owner that died. A death right after the exchange is found by the next one in the same way. */
  #takeOver(word: number): boolean {
    if (word === FREE || this.#header.party.isAlive(ownerOf(word))) return false;
    if (compareExchange(this.#words, LOCK_WORD, word, this.#id | MARK) !== word) return false;
    this.#counts[RECOVERIES_F64]++;
    return this.#taken();
  }

  #taken(): true {
    this.#counts[ACQUISITIONS_F64]++;
    this.#counts[CONTENDED_F64]++;
    return true;
  }
}
