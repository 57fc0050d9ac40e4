import { alignUp } from "../../memory/mod.ts";

/*
 * A histogram: a header, then a lane for each recorder. Readers add the lanes up.
 *
 *     offset  bytes  field of the header
 *          0      4  digits
 *          4      4  recorders: how many lanes
 *          8      4  counts of a lane
 *         12      4  zero
 *         16      8  lowest value that is told from 0, a double
 *         24      8  highest value, a double
 *         32     96  zero
 *
 *     offset  bytes  field of a lane
 *          0      4  recorder: the id of who may record, 0 for nobody
 *          4     60  zero
 *         64      8  how many values lay beyond the highest
 *         72     56  zero
 *        128      …  counts of 8 bytes, as structure/shared/long_count.ts draws them
 *
 * Which count a value belongs to is told in geometry.ts. A recorder that dies has counted a value, or not: one store
 * does it; but once in 2^31 times two do, of which the first one alone changes nothing.
 */
export const DIGITS_WORD = 0;
export const RECORDERS_WORD = 1;
export const COUNTS_WORD = 2;
export const LOWEST_F64: number = 16 / 8;
export const HIGHEST_F64: number = 24 / 8;
export const HEADER_BYTES = 128;

export const RECORDER_OFFSET = 0;
export const BEYOND_OFFSET = 64;
export const LANE_HEADER_BYTES = 128;

/** Bytes from one lane to the next. */
export function laneBytes(counts: number): number {
  return alignUp(LANE_HEADER_BYTES + counts * 8, 128);
}
