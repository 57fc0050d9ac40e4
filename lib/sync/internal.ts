/**
 * Locks, for higher floors: what users get, and what the floors above use beside it.
 *
 * @module
 */
export * from "./mod.ts";
export { ASLEEP } from "./event_count.ts";
export { LOCK_BYTES, LOCK_WORD, ownerOf } from "./shared/lock_format.ts";
export { type DrainResult, requireDone, requireSynchronous } from "./shared/synchronous.ts";
export { type Stop, timeoutOf } from "./shared/wait_options.ts";
export { asyncLimitsOf } from "./shared/async/async_wait_options.ts";
export type { Armed, Goal } from "./shared/async/goal.ts";
export { DEFAULT_POLL_MS, TaskQueue } from "./shared/async/task_queue.ts";
export { lockDescription } from "./describe.ts";
