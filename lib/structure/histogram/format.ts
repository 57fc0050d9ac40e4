import { alignUp } from "../../memory/mod.ts";

/*
 * A histogram: a header, then a lane for each recorder. Readers add the lanes up.
 *
 *     offset  bytes  field of the header
 *          0      4  digits
 *          4      4  recorders: how many lanes
 *          8      4  counts of a lane
 *         12      4  zero
 *         16      8  lowest value that is distinct from 0, a double
 *         24      8  highest value, a double
 *         32     96  zero
 *
 *     offset  bytes  field of a lane
 *          0      4  recorder: the id of the attachment that may record, 0 for none
 *          4     60  zero
 *         64      8  how many values were above the highest
 *         72     56  zero
 *        128      …  counts of 8 bytes, see structure/shared/long_count.ts
 *
 * scale.ts defines the count of a value. A recorder that dies has counted its last value or has not: one store counts
 * it; once in 2^31 times it takes two, and the first alone changes nothing.
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
