import { compareExchange, load } from "../atomic/mod.ts";
import { NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { Guard } from "./guard.ts";
import { ACQUISITIONS_F64, FREE, LOCK_BYTES, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { OwnedWord } from "./shared/owned_word.ts";
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
 * Lets one attachment at a time into a section of code, whichever process it is in; the others sleep. The owner is the
 * attachment (a `Segment`, or a `Region` over a `SharedArrayBuffer`): two `Mutex` objects of one attachment are one owner.
 * Uncontended, each of `lock` and `unlock` is one atomic exchange and no system call. Not fair: who arrives may pass who
 * sleeps.
 *
 * An owner that dies at any instruction leaves the lock to the next one, within 100 ms even if nobody wakes it, by the
 * rules of POSIX's robust mutexes: the next owner finds `ownerDied` true, and repairs what the lock protects and calls
 * `markConsistent()`. If it unlocks without that, the mutex is broken and everyone gets an {@linkcode OwnerDiedError}.
 * If it dies too, the next one is told the same. A stopped or slow owner keeps the lock however long it takes. Closing
 * the segment with the lock held counts as a death; so does the end of a Worker, where the kernel shows that its thread is
 * gone. Over a `SharedArrayBuffer` nothing tells of a thread's end, and a lock that a terminated Worker held stays held.
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
 *     // … repair what the lock protects, then:
 *     guard.markConsistent();
 *   }
 * }
 * assertEquals(mutex.stats().acquisitions, 1);
 * ```
 */
export class Mutex {
  /** The name in the catalog. */
  static readonly kind = "Mutex";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #word: OwnedWord;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #id: number;
  readonly #guard: MutexGuard;

  private constructor(region: Region) {
    this.#header = new LockHeader("mutex", region);
    this.#word = new OwnedWord(this.#header);
    this.#words = this.#header.words;
    this.#counts = this.#header.counts;
    this.#id = this.#header.id;
    this.#guard = new MutexGuard(this);
  }

  /** The bytes a mutex takes. */
  static byteLength(_options: MutexOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a mutex in zeroed memory: zeros are a free one. */
  static init(_region: Region, _options: MutexOptions): void {}

  /** Attaches to a mutex. A read-only attachment can only look at `stats()`. */
  static attach(region: Region, _options: MutexOptions): Mutex {
    return new Mutex(region);
  }

  /**
   * Takes the lock if nobody alive holds it. Never blocks.
   *
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {OwnerDiedError} If it is broken.
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
   * Takes the lock, and sleeps until it is free.
   *
   * @returns False if it was not free in time.
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {OwnerDiedError} If it is broken.
   * @throws {TypeError | RangeError} If `timeoutMs` is no number, or negative.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean {
    if (this.#words.length === 0) this.#header.refuseUse("lock");
    const timeoutMs = options === undefined ? Infinity : this.#header.timeoutMs("lock", options);
    // Pairs with the exchange in unlock and OwnedWord.release.
    if (compareExchange(this.#words, LOCK_WORD, FREE, this.#id) !== FREE) return this.#word.lock(timeoutMs);
    this.#counts[ACQUISITIONS_F64]++;
    return true;
  }

  /**
   * Gives the lock back. If the last owner died and `markConsistent` was not called, the mutex is broken from now on.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   * @throws {ClosedError} If the segment was closed, which gave the lock up as a death does.
   */
  unlock(): void {
    if (this.#words.length === 0) this.#header.refuseUse("unlock");
    // Pairs with the exchange in lock and tryLock: the next owner sees what this one wrote.
    if (compareExchange(this.#words, LOCK_WORD, this.#id, FREE) !== this.#id) this.#word.release(true);
  }

  /**
   * Takes the lock for a block: `using guard = mutex.acquire()`.
   *
   * @returns The mutex's one guard, or undefined if the lock was not free in time.
   * @throws As `lock` does.
   */
  acquire(): MutexGuard;
  /** With a limit: `undefined` if the time runs out. */
  acquire(options: WaitOptions): MutexGuard | undefined;
  acquire(options?: WaitOptions): MutexGuard | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** Whether this attachment holds the lock. */
  get isOwned(): boolean {
    return this.#word.isMine;
  }

  /** Whether this attachment holds the lock, took it from an owner that died, and has not called `markConsistent`. */
  get ownerDied(): boolean {
    return this.#word.isSuspect;
  }

  /**
   * Declares that what the lock protects is in order again after an owner died.
   *
   * @throws {NotOwnerError} If this attachment does not hold the lock.
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

  /** Owner, waiters and counts. */
  stats(): LockStats {
    if (this.#header.source.closed) this.#header.refuseUse("tell of");
    return this.#header.stats(ownerOf(load(this.#header.source.i32, LOCK_WORD)));
  }
}
