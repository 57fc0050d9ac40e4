import { load } from "../../atomic/mod.ts";

/*
 * A count beyond 32 bits that one attachment adds to and others read at any time, without a lock and without waiting,
 * in two words:
 *
 *     low     31              | 30 … 0
 *             parity of high  | the count's low 31 bits
 *     high    31 … 0
 *             how often the low bits overflowed
 *
 * When they overflow, high is stored first. A reader that loads low, then high, and finds different parities knows that
 * high is one ahead: the writer is between the two stores, or died there.
 */
export const LOW_BITS = 0x7fff_ffff;
export const LOW_RANGE: number = 2 ** 31;

/** The value of a count's two words. */
export function countFrom(low: number, high: number): number {
  const ahead = (low >>> 31) ^ (high & 1);
  return ((high - ahead) >>> 0) * LOW_RANGE + (low & LOW_BITS);
}

/** Reads a count. */
export function readCount(words: Int32Array, at: number): number {
  const low = load(words, at); // pairs: long count; before the high word
  return countFrom(low, load(words, at + 1));
}

/** The words of a count. */
export function wordsOf(count: number): readonly [low: number, high: number] {
  const high = Math.floor(count / LOW_RANGE);
  return [((high & 1) << 31) | (count - high * LOW_RANGE), high | 0];
}
