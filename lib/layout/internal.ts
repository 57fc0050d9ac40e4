/**
 * Layouts, for higher floors: what users get, and record views that are bound to their memory.
 *
 * @module
 */
export * from "./mod.ts";
export { bindRecord, type BoundCopies, type BoundRecord, type BoundView } from "./bound_record.ts";
