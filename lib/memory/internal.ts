/**
 * Segments, for higher floors: what users get, and what the library's own types need beside it.
 *
 * @module
 */
export * from "./mod.ts";
export { requireOptions } from "./option_checks.ts";
export { OWN_TYPE } from "./own_type.ts";
export { type CopyRecord, recordCopier, recordCopies } from "./record.ts";
