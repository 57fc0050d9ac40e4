import { load } from "../../atomic/mod.ts";

/** Attempts after which a length is accepted, though the head moved on during each of them. */
const ATTEMPTS = 32;

/**
 * How much lies between the head and the tail of a ring: exact at a moment of the call, unless the ring is corrupt.
 *
 * @param words The ring's.
 * @param headOffset Where the head is, in bytes.
 * @param tailOffset Where the tail is, in bytes.
 * @param capacity The most that there can be.
 */
export function ringLength(words: Int32Array, headOffset: number, tailOffset: number, capacity: number): number {
  for (let attempt = 1;; attempt++) {
    const head = load(words, headOffset / 4); // pairs: ring head, queue head, byte ring head
    const tail = load(words, tailOffset / 4); // pairs: ring tail, queue tail, byte ring tail
    // While the head stood still, the difference was the length.
    if (load(words, headOffset / 4) === head) return (tail - head) >>> 0;
    if (attempt === ATTEMPTS) return Math.min((tail - head) >>> 0, capacity);
  }
}

/**
 * The next power of two, at least 2: with so many slots records still follow each other when the 32-bit positions wrap.
 *
 * @param capacity From 2 to 2^31.
 */
export function slotsFor(capacity: number): number {
  return 2 ** (32 - Math.clz32(capacity - 1));
}
