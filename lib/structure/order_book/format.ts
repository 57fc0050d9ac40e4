import { alignUp } from "../../memory/mod.ts";

/*
 * An order book: a header, then `copies` whole copies of the book. Version v lies in copy v mod copies.
 *
 *     offset  bytes  field of the header
 *          0      4  levels: the most a side holds
 *          4      4  copies: a power of two
 *          8      4  digits after the point of a price
 *         12      4  digits after the point of a quantity
 *         16     48  zero
 *         64      4  writer: the id of the attachment that may write, 0 for none
 *         68     60  zero; readers never touch the writer's cache line
 *        128      4  version: storing it publishes; it wraps
 *        132    124  zero
 *
 *     offset  bytes  field of a copy
 *          0      4  state: see below
 *          4      4  levels of the bids
 *          8      4  levels of the asks
 *         12      4  zero
 *         16      8  sequence number of the last change applied
 *         24      8  time of that change
 *         32      8  changes applied since the book was made
 *         40      8  levels dropped for want of room since the last snapshot
 *         48      8  the lowest bid down to which all levels are known; −∞ if all are
 *         56      8  the highest ask up to which all levels are known; ∞ if all are
 *         64      …  the bids, then the asks, each `levels` pairs of price and quantity
 *
 * All numbers of 8 bytes are doubles: prices and quantities are those nearest to a decimal with that many digits. The
 * best price of a side is its last one: most changes are near the best price, and so move few levels.
 *
 *     state      what the book is                      what makes it so
 *     EMPTY      nothing                               its creation
 *     SNAPSHOT   right; its next change may straddle   a snapshot
 *     FOLLOWING  right                                 a change that follows the last one
 *     INVALID    of no use                             a gap in the changes
 */
export const LEVELS_WORD = 0;
export const COPIES_WORD = 1;
export const PRICE_DIGITS_WORD = 2;
export const QUANTITY_DIGITS_WORD = 3;
export const WRITER_WORD: number = 64 / 4;
export const VERSION_WORD: number = 128 / 4;
export const HEADER_BYTES = 256;

export const STATE_WORD = 0;
export const BIDS_WORD = 1;
export const ASKS_WORD = 2;
export const SEQUENCE_F64: number = 16 / 8;
export const TIME_F64: number = 24 / 8;
export const CHANGES_F64: number = 32 / 8;
export const DROPPED_F64: number = 40 / 8;
export const KNOWN_BID_F64: number = 48 / 8;
export const KNOWN_ASK_F64: number = 56 / 8;
export const COPY_HEADER_BYTES = 64;

const LEVEL_BYTES = 16;

export const EMPTY = 0;
export const SNAPSHOT = 1;
export const FOLLOWING = 2;
export const INVALID = 3;

/** Bytes of one copy. */
export function copyBytes(levels: number): number {
  return alignUp(COPY_HEADER_BYTES + 2 * levels * LEVEL_BYTES, 128);
}
