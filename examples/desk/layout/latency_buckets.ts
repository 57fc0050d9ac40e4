/*
 * Which bucket counts a value: as HDR histograms do (G. Tene), values below 256 have one each, and from there on each
 * doubling of the value has 128, so a value is known to 0.8 %.
 *
 *     value                 bucket
 *     0 … 255               value
 *     2^(e+7) … 2^(e+8)−1   e · 128 + value / 2^e, for e from 1 on
 */
const SUB_BITS = 7;
const SUBS = 2 ** SUB_BITS;

/** Values from here on count as the largest one: 2^40 ns are 18 minutes. */
const LIMIT_BITS = 40;
const LARGEST: number = 2 ** LIMIT_BITS - 1;

/** Bits of the part of a value that 32-bit operators can take. */
const LOW_BITS = 16;

/** How many buckets there are. */
export const BUCKETS: number = (LIMIT_BITS - SUB_BITS + 1) * SUBS;

/** The bucket of a value; what is below 0, or no number, counts as 0. */
export function bucketOf(value: number): number {
  if (!(value >= 1)) return 0;
  const whole = value < LARGEST ? Math.floor(value) : LARGEST;
  if (whole < 2 * SUBS) return whole;
  if (whole < 2 ** 31) {
    const exponent = 31 - Math.clz32(whole) - SUB_BITS;
    return exponent * SUBS + (whole >>> exponent);
  }
  const high = Math.floor(whole / 2 ** LOW_BITS);
  const exponent = 31 - Math.clz32(high) - SUB_BITS;
  return (exponent + LOW_BITS) * SUBS + (high >>> exponent);
}

/** The largest value that a bucket counts. */
export function largestOf(bucket: number): number {
  if (bucket < 2 * SUBS) return bucket;
  const exponent = Math.floor(bucket / SUBS) - 1;
  return (bucket - exponent * SUBS + 1) * 2 ** exponent - 1;
}
