import type { Guard, Unlockable } from "../guard.ts";
import type { LockStats } from "./lock_stats.ts";
import type { AsyncWaitOptions } from "./async/async_wait_options.ts";
import type { WaitOptions } from "./wait_options.ts";

/**
 * What the locks have in common: `Mutex`, `SpinLock`, `TicketLock`, `Semaphore`, and the writer's side of `RwLock` and
 * `SeqLock`. Each of them says only what it does differently.
 *
 * **The owner** of a lock is an attachment: a `Segment`, or a `Region` over a `SharedArrayBuffer`. Two lock objects of
 * one attachment are one owner. No lock is recursive: an owner that asks again gets an `AlreadyOwnerError`.
 *
 * **A death.** An owner that dies at any instruction, however it dies, leaves the lock to the next one within 100 ms,
 * and the next one finds `ownerDied` true. A stopped or slow owner keeps the lock, however long it takes. Closing the
 * segment with the lock held counts as a death. So does the end of a Worker, where the kernel shows that its thread is
 * gone. Over a `SharedArrayBuffer` nothing reports a thread's end: a lock that a terminated Worker held stays held.
 *
 * **A refusal**, a timeout or an error leaves the lock as it was. Where a call may fail in several ways, options are
 * checked first, before anything is taken.
 */
export interface Lock extends Unlockable {
  /**
   * Takes the lock if no living attachment holds it. Never blocks.
   *
   * @returns Whether the lock was taken.
   * @throws {AlreadyOwnerError} If this attachment holds it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  tryLock(): boolean;

  /**
   * Takes the lock, and blocks this thread until it is free.
   *
   * @param options `timeoutMs` and `stop`; `WaitOptions` has the rules of all forms that block.
   * @returns False if the time ran out, or it was stopped.
   * @throws {AlreadyOwnerError} If this attachment holds it; and, without a limit, if another attachment of this very
   * thread does, as the wait would never end.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  lock(options?: WaitOptions): boolean;

  /**
   * Takes the lock, and waits in the event loop until it is free. Tasks of one attachment exclude each other, and wait
   * for each other in order: where another task of this attachment holds the lock, this waits for it and is not
   * refused.
   *
   * @param options `timeoutMs` and `signal`; `AsyncWaitOptions` has the rules of all async forms.
   * @returns False if the time ran out.
   * @throws As `lock` does, through the promise; but no `AlreadyOwnerError`.
   */
  lockAsync(options?: AsyncWaitOptions): Promise<boolean>;

  /**
   * Releases the lock.
   *
   * @throws {NotOwnerError} If this attachment does not hold it.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed, which released the lock as a death does.
   */
  unlock(): void;

  /**
   * Takes the lock for a block: `using guard = lock.acquire()`.
   *
   * @returns The one guard of this lock object, which releases the lock at the end of the block.
   * @throws As `lock` does.
   */
  acquire(): Guard;
  /** The same with a limit: `undefined` if the time ran out. */
  acquire(options: WaitOptions): Guard | undefined;

  /**
   * Takes the lock for a block of a task: `using guard = await lock.acquireAsync()`.
   *
   * @returns The one guard of this lock object; undefined if the time ran out.
   * @throws As `lockAsync` does.
   */
  acquireAsync(): Promise<Guard>;
  /** The same with a limit. */
  acquireAsync(options: AsyncWaitOptions): Promise<Guard | undefined>;

  /**
   * Whether this attachment holds the lock and the owner before it died: what the lock protects may be half done. True
   * until it unlocks; of a `Mutex`, until it calls `markConsistent`.
   */
  readonly ownerDied: boolean;

  /**
   * Owner, waiters and counts, for tools. Works on a read-only attachment.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  stats(): LockStats;
}
