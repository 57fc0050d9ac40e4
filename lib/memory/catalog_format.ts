/*
 * What the segment holds. The table's first byte, as a byte of the file, is its lock byte: a process that adds an
 * object holds that lock. An entry counts once `count` covers it, which is stored last; entries are never changed or
 * removed.
 *
 *     offset  bytes  field of the table
 *          0      4  count
 *          4      4  adding: count + 1 from before an object is begun; above count, so, if its adder died
 *          8     56  zero
 *
 *     offset  bytes  field of an entry
 *          0      8  offset of the object in the segment
 *          8      8  byte length of the object
 *         16      8  offset of its schema text in the segment
 *         24      4  byte length of its schema text
 *         28      4  zero
 *         32     32  kind, NUL-padded UTF-8
 *         64     64  name, NUL-padded UTF-8
 *
 * Objects follow each other in catalog order, each after its schema text, which has at most 65,536 bytes.
 */
export const COUNT_OFFSET = 0;
export const ADDING_OFFSET = 4;
export const TABLE_BYTES = 64;

export const OBJECT_OFFSET_OFFSET = 0;
export const OBJECT_LENGTH_OFFSET = 8;
export const SCHEMA_OFFSET_OFFSET = 16;
export const SCHEMA_LENGTH_OFFSET = 24;
export const SCHEMA_LIMIT = 65_536;
export const KIND_OFFSET = 32;
export const KIND_BYTES = 32;
export const NAME_OFFSET = 64;
export const NAME_BYTES = 64;
export const ENTRY_BYTES = 128;
