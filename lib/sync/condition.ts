import { NotOwnerError } from "../errors.ts";
import { OWN_TYPE } from "../memory/internal.ts";
import type { Region } from "../memory/mod.ts";
import { EventCount } from "./event_count.ts";
import { ACQUISITIONS_F64, FIRST_OWN_WORD, FREE, LOCK_BYTES } from "./shared/lock_format.ts";
import { asyncLimitsOf, type AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
import { LockTasks } from "./shared/async/lock_tasks.ts";
import { LockHeader } from "./shared/lock_header.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import type { Mutex } from "./mutex.ts";
import type { WaitLimit } from "./shared/wait_limit.ts";
import type { WaitOptions } from "./shared/wait_options.ts";

/** A condition has no options. */
export type ConditionOptions = Record<never, never>;

/*
 * After the header (see lock_format.ts; its lock word stays zero, and its counts are written by owners of the mutex):
 *
 *     offset  bytes  field
 *         32      4  event count: signalled
 */
const SIGNALLED_WORD = FIRST_OWN_WORD;

/**
 * Where owners of a {@linkcode Mutex} sleep until another owner has changed what they wait for, in any of the
 * processes. `wait` releases the mutex, sleeps and takes it again. It may return without a signal, so the caller checks
 * what it waits for in a loop. Always use one condition with one mutex.
 *
 * A signal is never lost: if the waiter that it woke dies before it could act, all others that waited then wake within
 * 100 ms and check. If an owner of the mutex dies, `wait` returns with `mutex.ownerDied` true to the one that gets the
 * mutex next.
 *
 * Source: A. Birrell, "An Introduction to Programming with Threads" (1989), by an event count as in
 * m-ou-se/rust-atomics-and-locks, chapter 9.
 *
 * @example
 * ```ts
 * import { Condition, Mutex, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const mutex = Mutex.attach(Region.over(new SharedArrayBuffer(Mutex.byteLength({}))), {});
 * const ready = Condition.attach(Region.over(new SharedArrayBuffer(Condition.byteLength({}))), {});
 * using _guard = mutex.acquire();
 * assertEquals(ready.wait(mutex, { timeoutMs: 5 }), false); // no signal for 5 ms
 * ready.signal();
 * ```
 */
export class Condition {
  /** The name in the catalog. */
  static readonly kind = "Condition";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #header: LockHeader;
  readonly #signalled: EventCount;

  private constructor(region: Region) {
    this.#header = new LockHeader("condition", region);
    this.#signalled = new EventCount(this.#header.words, SIGNALLED_WORD);
  }

  /** The bytes a condition takes. */
  static byteLength(_options: ConditionOptions): number {
    return LOCK_BYTES;
  }

  /** Prepares a condition in zeroed memory. */
  static init(_region: Region, _options: ConditionOptions): void {}

  /** Attaches to a condition. A read-only attachment can only read `stats()`. */
  static attach(region: Region, _options: ConditionOptions): Condition {
    return new Condition(region);
  }

  /**
   * Releases the mutex, sleeps until a signal, and takes the mutex again, however long that takes.
   *
   * @param mutex Held by this attachment, before and afterwards.
   * @param options `timeoutMs` and `stop`, for the signal; `WaitOptions` has the rules of all forms that block.
   * @returns False if the time ran out; the mutex is held then too.
   * @throws {NotOwnerError} If this attachment does not hold the mutex.
   * @throws {OwnerDiedError} If the mutex was broken meanwhile. It is then not held.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  wait(mutex: Mutex, options?: WaitOptions): boolean {
    if (this.#header.words.length === 0) this.#header.refuseUse("wait for");
    const limit = this.#header.limitOf("wait for", options).from(this.#signalled.now());
    if (!mutex.isOwned) {
      throw new NotOwnerError(`Cannot wait for ${this.#header.what} as this attachment must hold the mutex`);
    }
    // Taken with the mutex held: an owner that changes the state later also changes the count afterwards.
    const seen = this.#signalled.snapshot();
    const place = this.#header.beginWaiting();
    try {
      this.#header.counts[ACQUISITIONS_F64]++; // written by owners of the mutex
      mutex.unlock();
      return this.#sleep(seen, limit);
    } finally {
      this.#header.endWaiting(place);
      if (!mutex.isOwned) mutex.lock(); // also if the wait failed: the caller holds it, as before
    }
  }

  /**
   * As `wait`, but waits in the event loop, for the signal and for the mutex. Other tasks of this attachment may take
   * the mutex meanwhile. A signal may end the waits of several tasks of one process: check what is waited for, in a
   * loop.
   *
   * @param mutex Held by this task, before and afterwards; also if the wait is cancelled.
   * @param options `timeoutMs` and `signal`, for the signal; `AsyncWaitOptions` has the rules of all async forms.
   * @returns False if the time ran out.
   */
  async waitAsync(mutex: Mutex, options?: AsyncWaitOptions): Promise<boolean> {
    if (this.#header.words.length === 0) this.#header.refuseUse("wait for");
    const limits = asyncLimitsOf("wait for", this.#header.what, options);
    if (!mutex.isOwned) {
      throw new NotOwnerError(`Cannot wait for ${this.#header.what} as this task must hold the mutex`);
    }
    // Taken with the mutex held, as in `wait`.
    const seen = this.#signalled.snapshot();
    this.#header.counts[ACQUISITIONS_F64]++; // written by owners of the mutex
    const signalled = new LockTasks(this.#header).wait("wait for", {
      attempt: () => this.#signalled.hasChanged(seen),
      arm: () => ({ watch: (wake) => this.#signalled.watch(seen, wake) }),
    }, limits);
    mutex.unlock();
    try {
      return await signalled;
    } finally {
      await mutex.lockAsync();
    }
  }

  /** Wakes one waiter. Call it with the mutex held, or after unlocking it. */
  signal(): void {
    if (this.#header.words.length === 0) this.#header.refuseUse("signal");
    this.#signalled.notifyOne();
  }

  /** Wakes all waiters. Call it with the mutex held, or after unlocking it. */
  broadcast(): void {
    if (this.#header.words.length === 0) this.#header.refuseUse("signal");
    this.#signalled.notifyAll();
  }

  /** Sleeps until a signal, its own or one that another may have died with. False if the time ran out. */
  #sleep(seen: number, limit: WaitLimit): boolean {
    while (true) {
      // Each check is against the same count: any signal since then ends the wait, whichever waiter it woke.
      const until = limit.nextCheck(this.#signalled.now());
      if (this.#signalled.wait(seen, until)) return true;
      if (limit.isReached(until)) return false;
    }
  }

  /** Waiters, and as `acquisitions` how often an owner of the mutex waited. */
  stats(): LockStats {
    return this.#header.stats(FREE);
  }
}
