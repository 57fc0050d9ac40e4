/**
 * Segments, for higher floors: what users get, and what the library's own types need beside it.
 *
 * @module
 */
export * from "./mod.ts";
export { HeaderCheck } from "./header_check.ts";
export { refuseClosed, requireOpen } from "./open_region.ts";
export { requireInteger, requireOptions, requireWord } from "./option_checks.ts";
export { OWN_TYPE } from "./own_type.ts";
export { type CopyRecord, recordCopier, recordCopies } from "./record.ts";
export { partOf } from "./region_part.ts";
export { kindOfFile } from "./regular_file.ts";
export { removeAbandonedSegment } from "./abandoned_segment.ts";
export type {
  DescribePart,
  Fact,
  PartContent,
  PartDescription,
  PartHolder,
  PartReader,
  PartState,
} from "./description.ts";
export type { SlotHolder } from "./participants.ts";
export { processIdentity } from "./process_identity.ts";
export { SegmentObserver } from "./segment_observer.ts";
export { anonymousName, parseAnonymousName, requireSegmentName } from "./segment_name.ts";
export { FORMAT_VERSION } from "./header_format.ts";
export { hexadecimal } from "./process_identity.ts";
