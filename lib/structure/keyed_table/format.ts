import { alignUp } from "../../memory/mod.ts";
import { LOCK_BYTES } from "../../sync/internal.ts";

/*
 * A keyed table: a header, the index, the keys, and a LatestTable with the rows.
 *
 *     offset  bytes  field of the header
 *          0      4  capacity: the most keys
 *          4      4  slots of the index: a power of two, at least half as many again
 *          8      4  what keys are: 1 texts, 2 integers
 *         12      4  bytes of a key
 *         16      4  writers: 0 one for the table, 1 one for each row
 *         20      4  where the rows begin
 *         24    104  zero
 *        128      4  moves: how often an entry of the index was copied to another slot
 *        132    124  zero
 *        256      4  count: how many keys there are
 *        260      4  next: this row and all later ones were never used
 *        264      4  free: a row that was used and is free, plus 1; 0 for none
 *        268      4  pending: the change in progress, see below; 0 for none
 *        272      4  the count once it is done
 *        276      4  hole: the slot of the index that is being cleared
 *        280    104  zero
 *        384    256  mutex: held to add or remove keys
 *        640      …  index, 4 bytes a slot
 *          …      …  keys, each at a multiple of 16 bytes
 *          …      …  rows, a LatestTable: laid out as in lib/channel/latest_table/format.ts
 *
 *     offset  bytes  field of a key
 *          0      4  state: how often the row was freed, times 2, plus 1 while it has a key
 *          4      4  owner: the id of the attachment that may write the row, where rows have writers; 0 for none
 *          8      8  how often the row had been written when the key was added; of a free row: the next free one, plus
 *          1
 *         16      …  the key: UTF-8, padded with NUL to a multiple of 4; or 8 bytes of an integer
 *
 * A slot of the index, where k is the power of two: 0 if it is empty, or
 *
 *     31 … k                    | k−1 … 0
 *     upper bits of key's hash  | row + 1
 *
 * A key's entry lies in the first slot that was free, searching from (hash mod slots) on. Removing an entry leaves a
 * hole; a later entry that may lie there is moved into it, which leaves another hole, and so on. So there are no marks
 * of removed entries, which every later search would have to pass.
 *
 * pending:
 *
 *     31 … 1   | 0
 *     row + 1  | 1 while it is removed, 0 while it is added
 *
 * What a death within an insertion or a removal leaves, and how the next owner of the mutex repairs it:
 *
 *     after storing              what lookups find    what the next owner does
 *     pending                    the table before     discards it
 *     next or free, key          the table before     gives the row to the free ones
 *     slot of the index          the table before     stores the state, counts
 *     state, of an addition      the key              counts
 *     state, of a removal        no key               clears the hole, gives the row to the free ones, counts
 *     slots of the index         no key               the same, from the hole on
 *
 * The hash of a key of n words w: h = n; for each w: h = (h ^ w) · 0x9E3779B1, h ^= h >>> 15; then h = h · 0x85EBCA6B,
 * h ^= h >>> 13, all modulo 2^32. A text has as many words as its bytes fill.
 *
 * Where rows have writers, the log of changes differs: change c lies at index c mod entries, and holds (c with the
 * index's bits cleared) + row. Any other upper bits show an entry that is not yet written, or is of another lap. Two
 * words of the rows' header, from offset 192 on, are then written and never read.
 */
export const CAPACITY_WORD = 0;
export const SLOTS_WORD = 1;
export const KIND_WORD = 2;
export const KEY_BYTES_WORD = 3;
export const WRITERS_WORD = 4;
export const ROWS_OFFSET_WORD = 5;
export const MOVES_WORD: number = 128 / 4;
export const COUNT_WORD: number = 256 / 4;
export const NEXT_WORD: number = 260 / 4;
export const FREE_WORD: number = 264 / 4;
export const PENDING_WORD: number = 268 / 4;
export const PENDING_COUNT_WORD: number = 272 / 4;
export const HOLE_WORD: number = 276 / 4;
export const MUTEX_OFFSET = 384;
export const MUTEX_BYTES: number = LOCK_BYTES;
export const HEADER_BYTES: number = MUTEX_OFFSET + MUTEX_BYTES;

/** Among the words of the rows: words that are written and never read. */
export const SCRATCH_WORD: number = 192 / 4;

/** Words of a key's record. */
export const STATE_DELTA = 0;
export const OWNER_DELTA = 1;
export const BASE_DELTA = 2;
export const NEXT_FREE_DELTA: number = BASE_DELTA;
export const KEY_DELTA = 4;

/** Bits of a state, and what ends a use. */
export const USED = 1;

/** Kinds of keys. */
export const TEXT = 1;
export const INTEGER = 2;

/** Kinds of a pending change. */
export const ADDS = 0;
export const REMOVES = 1;

/** Multipliers of the hash: those of Fibonacci hashing and of MurmurHash3. */
export const MIX: number = 0x9e3779b1 | 0;
export const FINISH: number = 0x85ebca6b | 0;

/** Bytes from one key to the next. */
export function keyRecordBytes(keyBytes: number): number {
  return alignUp(KEY_DELTA * 4 + alignUp(keyBytes, 4), 16);
}

/** Slots for so many keys: at most two in three are used. */
export function slotsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, capacity * 1.5)));
}
