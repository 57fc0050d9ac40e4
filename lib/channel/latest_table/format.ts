import { alignUp } from "../../memory/mod.ts";

/*
 * A table: a header, then the rows, then the log of changes.
 *
 *     offset  bytes  field of the header
 *          0      4  rows
 *          4      4  versions kept of each row: a power of two
 *          8      4  bytes from one row to the next
 *         12      4  bytes of a record, without padding
 *         16    112  zero
 *        128      4  writer: the id of its holder, 0 for none
 *        132      4  changes: how many rows were written; storing it ends an entry of the log
 *        136      4  event count: something was changed
 *        140    116  zero
 *
 *     offset  bytes  field of a row
 *          0      4  version, its low 32 bits: 0 before the first write; storing it publishes
 *          4      4  zero
 *          8      …  slots; version v lies in slot v mod versions
 *
 *     offset  bytes  field of a slot
 *          0      4  version, low 32 bits
 *          4      4  version, high 32 bits
 *          8      …  the record, padded to 8 bytes
 *
 * The log holds a row's index, 4 bytes, for each of the last changes: change c lies at index c mod entries, as many as
 * rows, rounded up to a power of two.
 */
export const ROWS_OFFSET = 0;
export const VERSIONS_OFFSET = 4;
export const ROW_BYTES_OFFSET = 8;
export const RECORD_BYTES_OFFSET = 12;
export const WRITER_OFFSET = 128;
export const CHANGES_OFFSET = 132;
export const CHANGED_EVENT_OFFSET = 136;
export const TABLE_HEADER_BYTES = 256;

export const ROW_HEADER_BYTES = 8;
export const SLOT_HEADER_BYTES = 8;

/** Rows start on a cache line, so that a write to one never slows readers of its neighbour. */
const ROW_ALIGNMENT = 64;

/** Bytes of one version of a row. */
export function slotBytes(recordBytes: number): number {
  return SLOT_HEADER_BYTES + alignUp(recordBytes, 8);
}

/** Bytes from one row to the next. */
export function rowBytes(recordBytes: number, versions: number): number {
  return alignUp(ROW_HEADER_BYTES + versions * slotBytes(recordBytes), ROW_ALIGNMENT);
}
