/**
 * Locks, for higher floors: what users get, and what hot paths need of event counts.
 *
 * @module
 */
export * from "./mod.ts";
export { ASLEEP } from "./event_count.ts";
