import { Backoff } from "../atomic/mod.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { GuardedLock, plainGuard } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { FREE, LOCK_BYTES, ownerOf } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { lockOwned, tryLockOwned, unlockOwned } from "./shared/owned_locking.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { LIFE_CHECK_MS, type WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** A spinlock has no options. */
export type SpinLockOptions = Record<never, never>;

/** A word that is polled: waiters are not woken, so they do not mark it. */
class PolledWord extends OwnedWord {
  readonly #header: LockHeader;
  readonly #backoff = new Backoff({ longestSleepMs: LIFE_CHECK_MS });

  constructor(header: LockHeader) {
    super(header);
    this.#header = header;
  }

  override announceTask(): undefined {}

  protected override wait(limit: WaitLimit): boolean {
    const backoff = this.#backoff;
    backoff.reset();
    let place = -1;
    try {
      while (true) {
        // Test before test-and-set: the line stays shared.
        const word = this.requireTakeable();
        if (word === FREE) {
          if (this.takeFree()) return true;
        } else if (backoff.isSleeping) {
          if (place === -1) {
            this.#header.refuseEndless("lock", ownerOf(word), limit);
            place = this.#header.beginWaiting();
          }
          if (this.takeOver(word)) return true;
          if (limit.isReached(this.now())) return false;
        }
        backoff.step();
      }
    } finally {
      this.#header.endWaiting(place);
    }
  }
}

/**
 * Lets one attachment at a time into a section of code that takes well under a microsecond, in any of the processes.
 * The others spin, and after some microseconds sleep for longer and longer, up to 40 ms. Where sections are longer, a
 * `Mutex` serves better: it wakes its waiters at once. Not fair. See {@linkcode Lock} for its methods and for what
 * counts as a death.
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
export class SpinLock extends GuardedLock implements Lock {
  /** The name in the catalog. */
  static readonly kind = "SpinLock";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;

  private constructor(region: Region) {
    super(plainGuard);
    this.#header = new LockHeader("spinlock", region);
    this.#word = new PolledWord(this.#header);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
  }

  /** The bytes a spinlock takes. */
  static byteLength(_options: SpinLockOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a spinlock in zeroed memory: zeros are a free one. */
  static init(_region: Region, _options: SpinLockOptions): void {}

  /** Attaches to a spinlock. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: SpinLockOptions): SpinLock {
    return new SpinLock(region);
  }

  tryLock(): boolean {
    return tryLockOwned(this.#words, this.#counts, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lock}. Spins, then sleeps for short times. */
  lock(options?: WaitOptions): boolean {
    return lockOwned(this.#words, this.#counts, this.#id, this.#word, options);
  }

  unlock(): void {
    unlockOwned(this.#words, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lockAsync}. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#word.lockAsync(options);
  }

  get ownerDied(): boolean {
    return this.#word.isSuspect;
  }

  stats(): LockStats {
    return this.#header.stats();
  }
}
