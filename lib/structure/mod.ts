/**
 * Structures: what several processes keep together.
 *
 * @module
 */
export { KeyedRow } from "./keyed_table/keyed_row.ts";
export { KeyedTable, type KeyedTableFunction } from "./keyed_table/keyed_table.ts";
export { KeyedTableWriter } from "./keyed_table/keyed_table_writer.ts";
export type { KeyedTableOptions, TableKey } from "./keyed_table/geometry.ts";
