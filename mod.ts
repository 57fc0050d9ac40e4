/**
 * Shared memory between Bun and Deno processes: segments, layouts, and what lives in them.
 *
 * @module
 */
export { SystemError, type UnsupportedCode, UnsupportedError } from "./ffi/mod.ts";
export {
  ClosedError,
  LayoutMismatchError,
  NotOwnerError,
  ReadOnlyError,
  RoleTakenError,
  type SegmentFormatCode,
  SegmentFormatError,
  type SegmentStateCode,
  SegmentStateError,
  ShmkitError,
} from "./lib/errors.ts";
export { Backoff, type BackoffOptions, Futex } from "./lib/atomic/mod.ts";
export * from "./lib/layout/mod.ts";
export {
  type AttachOptions,
  type CatalogEntry,
  type CreateOptions,
  type LayoutType,
  type LayoutTypeFunction,
  type MappingOptions,
  type OpenOptions,
  type Participant,
  type Party,
  Region,
  Segment,
  type SegmentInfo,
  type SharedType,
} from "./lib/memory/mod.ts";
export {
  LatestTable,
  type LatestTableFunction,
  type LatestTableOptions,
  LatestTableWriter,
} from "./lib/channel/mod.ts";
export {
  Barrier,
  type BarrierOptions,
  type BarrierStats,
  Condition,
  type ConditionOptions,
  Event,
  EventCount,
  type EventOptions,
  Guard,
  type LockOwner,
  type LockStats,
  Mutex,
  MutexGuard,
  type MutexOptions,
  Once,
  type OnceOptions,
  RwLock,
  type RwLockOptions,
  type RwLockStats,
  Semaphore,
  type SemaphoreOptions,
  type SemaphoreStats,
  SeqLock,
  type SeqLockOptions,
  SpinLock,
  type SpinLockOptions,
  TicketLock,
  type TicketLockOptions,
  type Unlockable,
  type WaitOptions,
} from "./lib/sync/mod.ts";
