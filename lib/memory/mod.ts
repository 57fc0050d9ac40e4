/**
 * Segments: named memory that processes share, and the regions that things live in.
 *
 * @module
 */
export type { CatalogEntry } from "./catalog.ts";
export type { MappingOptions } from "./mapping.ts";
export type { Participant } from "./participants.ts";
export type { Party } from "./party.ts";
export { alignUp } from "./bytes.ts";
export { Role } from "./role.ts";
export { Region } from "./region.ts";
export { Segment } from "./segment.ts";
export type { AttachOptions, CreateOptions, ObjectOptions, OpenOptions } from "./segment_options.ts";
export type { SegmentInfo } from "./segment_list.ts";
export type { LayoutType, LayoutTypeFunction, SharedType } from "./shared_type.ts";
