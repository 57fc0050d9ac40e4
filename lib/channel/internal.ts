/**
 * Channels, for higher floors: what users get, and what structures build on.
 *
 * @module
 */
export * from "./mod.ts";
export { CHANGES_OFFSET, WRITER_OFFSET } from "./latest_table/format.ts";
export { placesOf, readGeometry, refuseCommit, type TableGeometry } from "./latest_table/geometry.ts";
export { writerPathFor } from "./latest_table/writer_path_for.ts";
export type { WriterPath } from "./latest_table/writer_path.ts";
export { ChannelEnd } from "./shared/channel_end.ts";
export { ClosableEnd } from "./shared/closable_end.ts";
export { channelDescription } from "./describe.ts";
export { holdersOf } from "./shared/holders.ts";
export { followRows } from "./shared/record_reading.ts";
