/**
 * What the floors above use of the locks, beside what users get from `mod.ts`.
 *
 * @module
 */
export { ASLEEP } from "./event_count.ts";
export { LOCK_BYTES } from "./shared/lock_format.ts";
export { requireDone, requireSynchronous } from "./shared/synchronous.ts";
export { timeoutOf } from "./shared/wait_options.ts";
