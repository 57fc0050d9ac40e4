/**
 * Locks that survive their owners: in shared memory, across processes of all runtimes.
 *
 * @module
 */
export type { AsyncWaitOptions } from "./shared/async/async_wait_options.ts";
export { Barrier, type BarrierOptions, type BarrierStats } from "./barrier.ts";
export { Condition, type ConditionOptions } from "./condition.ts";
export { Event, type EventOptions } from "./event.ts";
export { EventCount } from "./event_count.ts";
export { Guard, type Unlockable } from "./guard.ts";
export type { GuardedLock } from "./shared/guarded_lock.ts";
export type { Lock } from "./shared/lock.ts";
export type { LockOwner, LockStats } from "./shared/lock_stats.ts";
export { Mutex, type MutexGuard, type MutexOptions } from "./mutex.ts";
export { Once, type OnceOptions } from "./once.ts";
export { RwLock, type RwLockOptions } from "./rw_lock.ts";
export type { RwLockStats } from "./rw_lock_readers.ts";
export { Semaphore, type SemaphoreOptions, type SemaphoreStats } from "./semaphore.ts";
export { SeqLock, type SeqLockFunction } from "./seq_lock.ts";
export type {
  SeqLockBytesOptions,
  SeqLockDraft,
  SeqLockOptions,
  SeqLockPayload,
  SeqLockRecordOptions,
  SeqLockValues,
} from "./seq_lock_geometry.ts";
export { SpinLock, type SpinLockOptions } from "./spin_lock.ts";
export { TicketLock, type TicketLockOptions } from "./ticket_lock.ts";
export type { Synchronous } from "./shared/synchronous.ts";
export { type Announced, type Waitable, WAITED, type Waited } from "./shared/async/waitable.ts";
export type { Stop, WaitOptions } from "./shared/wait_options.ts";
