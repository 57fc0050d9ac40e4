/**
 * Segments, for higher floors: what users get, and how records are copied that others may be writing.
 *
 * @module
 */
export * from "./mod.ts";
export { type CopyRecord, recordCopier, recordCopies } from "./record.ts";
