import { NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import { GuardedLock } from "./shared/guarded_lock.ts";
import type { Lock } from "./shared/lock.ts";
import { LOCK_BYTES } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { lockOwned, tryLockOwned, unlockOwned } from "./shared/owned_locking.ts";
import { OwnedWord } from "./shared/owned_word.ts";
import type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** A mutex has no options. */
export type MutexOptions = Record<never, never>;

/** A held {@linkcode Mutex}, for `using`. */
export class MutexGuard extends Guard {
  readonly #mutex: Mutex;

  /** Use `Mutex.acquire`. */
  constructor(mutex: Mutex) {
    super(mutex);
    this.#mutex = mutex;
  }

  /** See {@linkcode Mutex.markConsistent}. */
  markConsistent(): void {
    this.#mutex.markConsistent();
  }
}

/**
 * Lets one attachment at a time into a section of code, in any of the processes; the others sleep. Uncontended, `lock`
 * and `unlock` are one atomic exchange each and no system call. Not fair: a newcomer may overtake a sleeper. See
 * {@linkcode Lock} for its methods and for what counts as a death.
 *
 * A death leaves the mutex to the next owner by the rules of POSIX's robust mutexes: the next owner finds `ownerDied`
 * true, repairs what the mutex protects and calls `markConsistent()`. If it unlocks without that, the mutex is broken,
 * and every further attempt throws an `OwnerDiedError`. If it dies too, the next one finds `ownerDied` true, too.
 *
 * Sources: U. Drepper, "Futexes Are Tricky" (2011); Rust's `std::sys::sync::mutex::futex`; musl's robust mutexes.
 *
 * @example
 * ```ts
 * import { Mutex, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const region = Region.over(new SharedArrayBuffer(Mutex.byteLength({})));
 * Mutex.init(region, {});
 * const mutex = Mutex.attach(region, {});
 * {
 *   using guard = mutex.acquire();
 *   if (guard.ownerDied) {
 *     // … repair what the mutex protects, then:
 *     guard.markConsistent();
 *   }
 * }
 * assertEquals(mutex.stats().acquisitions, 1);
 * ```
 */
export class Mutex extends GuardedLock<MutexGuard> implements Lock {
  /** The name in the catalog. */
  static readonly kind = "Mutex";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;

  private constructor(region: Region) {
    super((lock) => new MutexGuard(lock as Mutex));
    this.#header = new LockHeader("mutex", region);
    this.#word = new OwnedWord(this.#header, { breaks: true });
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
  }

  /** The bytes a mutex takes. */
  static byteLength(_options: MutexOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a mutex in zeroed memory: zeros are a free one. */
  static init(_region: Region, _options: MutexOptions): void {}

  /** Attaches to a mutex. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: MutexOptions): Mutex {
    return new Mutex(region);
  }

  /**
   * As {@linkcode Lock.tryLock}.
   *
   * @throws {OwnerDiedError} If the mutex is broken.
   */
  tryLock(): boolean {
    return tryLockOwned(this.#words, this.#counts, this.#id, this.#word);
  }

  /**
   * As {@linkcode Lock.lock}.
   *
   * @throws {OwnerDiedError} If the mutex is broken.
   */
  lock(options?: WaitOptions): boolean {
    return lockOwned(this.#words, this.#counts, this.#id, this.#word, options);
  }

  /** As {@linkcode Lock.unlock}. Breaks the mutex if the last owner died and `markConsistent` was not called. */
  unlock(): void {
    unlockOwned(this.#words, this.#id, this.#word);
  }

  /** As {@linkcode Lock.lockAsync}. */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#word.lockAsync(options);
  }

  /** Whether this attachment holds the mutex. */
  get isOwned(): boolean {
    return this.#word.isMine;
  }

  get ownerDied(): boolean {
    return this.#word.isSuspect;
  }

  /**
   * Declares that what the mutex protects is in order again after an owner died.
   *
   * @throws {NotOwnerError} If this attachment does not hold the mutex.
   * @throws {TypeError} If no owner died.
   */
  markConsistent(): void {
    if (this.#words.length === 0) this.#header.refuseUse("mark");
    if (!this.#word.isMine) {
      throw new NotOwnerError(`Cannot mark ${this.#header.what} as consistent as this attachment must hold it`);
    }
    if (!this.#word.isSuspect) {
      throw new TypeError(`Cannot mark ${this.#header.what} as consistent as its last owner did not die`);
    }
    this.#word.clearSuspicion();
  }

  stats(): LockStats {
    return this.#header.stats();
  }
}
