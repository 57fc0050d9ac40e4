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
