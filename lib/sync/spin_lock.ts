import { Backoff, compareExchange, load } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import { ACQUISITIONS_F64, FREE, LOCK_BYTES, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
import { LIFE_CHECK_MS, LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

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
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: Guard;
  readonly #backoff = new Backoff({ longestSleepMs: LIFE_CHECK_MS });

  private constructor(region: Region) {
    this.#header = new LockHeader("spinlock", region);
    this.#word = new OwnedWord(this.#header);
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
    // Pairs with the exchange in unlock and OwnedWord.release.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE) return this.#word.tryLock();
    this.#counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Takes the lock, and spins, then sleeps in short turns, until it is free.
   *
   * @returns False if it was not free in time.
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    // Pairs with the exchange in unlock and OwnedWord.release.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE) return this.#lockTaken(timeoutMs);
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
    if (compareExchange(this.#words, LOCK_WORD, this.#id, FREE) !== this.#id) this.#word.release(false);
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
    return this.#word.isSuspect;
  }

  /** Owner, waiters and counts. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }

  #lockTaken(timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    const backoff = this.#backoff;
    backoff.reset();
    let place = -1;
    try {
      while (true) {
        // Test before test-and-set: the line stays shared.
        const word = this.#word.requireTakeable();
        if (word === FREE) {
          if (this.#word.takeFree()) return this.#word.count(true);
        } else if (backoff.isSleeping) {
          if (place === -1) place = this.#header.beginWaiting();
          if (this.#word.takeOver(word)) return this.#word.count(true);
          if (performance.now() >= deadline) return false;
        }
        backoff.step();
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }
}
