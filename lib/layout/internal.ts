/**
 * Layouts, for higher floors: what users get, record views that are bound to their memory, and texts in memory.
 *
 * @module
 */
export * from "./mod.ts";
export { bindRecord, type BoundCopies, type BoundRecord, type BoundView } from "./bound_record.ts";
export { isViewOf } from "./is_view.ts";
export { requireLayout } from "./require_layout.ts";
export { READ_ONLY, VIEWS, type ViewState } from "./slots.ts";
export { encodeText, readText, utf8Length, writeCutText, writeText } from "./text.ts";
export { valuesOf } from "./values_of.ts";
