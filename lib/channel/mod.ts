/**
 * Channels: how processes hand records to each other.
 *
 * @module
 */
export { LatestTable, type LatestTableFunction } from "./latest_table.ts";
export type { LatestTableOptions } from "./latest_table_geometry.ts";
export { LatestTableWriter } from "./latest_table_writer.ts";
