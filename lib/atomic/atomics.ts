/**
 * The only file that names `Atomics`. JavaScript has one ordering, sequential consistency, so a comment beside a call
 * says what it pairs with, not how strong it is. The words may lie in mapped memory: all of these work on it across
 * processes, while `Atomics.wait` and `notify` work only on a `SharedArrayBuffer` (see `futex.ts`).
 *
 * @module
 */

/** A typed array whose elements are 32-bit words. */
export type Words = Int32Array<ArrayBufferLike> | Uint32Array<ArrayBufferLike>;

/** A typed array whose elements are atomic, if narrower than a word. */
export type Narrow = Uint8Array<ArrayBufferLike> | Uint16Array<ArrayBufferLike>;

/** Reads a word. */
export function load(words: Words | Narrow, index: number): number {
  return Atomics.load(words, index);
}

/**
 * Reads a word plainly: what it was at some time, for use only where an atomic access afterwards finds out whether it
 * still is, or where the caller alone writes it. A loop on it may never end. An atomic load costs as much as a fence
 * in Bun, and a call in Deno.
 */
export function peek(words: Words, index: number): number {
  return words[index];
}

/** Writes a word; everything written before it is visible to whoever reads it. */
export function store(words: Words | Narrow, index: number, value: number): void {
  Atomics.store(words, index, value);
}

/** Adds to a word and returns what it was. */
export function add(words: Words, index: number, value: number): number {
  return Atomics.add(words, index, value);
}

/** Replaces a word and returns what it was. */
export function exchange(words: Words, index: number, value: number): number {
  return Atomics.exchange(words, index, value);
}

/** Replaces a word if it is `expected`, and returns what it was. */
export function compareExchange(words: Words, index: number, expected: number, replacement: number): number {
  return Atomics.compareExchange(words, index, expected, replacement);
}

/** Sets bits of a word and returns what it was. */
export function or(words: Words, index: number, bits: number): number {
  return Atomics.or(words, index, bits);
}

/** Clears the bits that `mask` lacks and returns what the word was. */
export function and(words: Words, index: number, mask: number): number {
  return Atomics.and(words, index, mask);
}

/** Tells the processor that this is a spin loop. A runtime without `Atomics.pause` does nothing. */
export const pause: () => void = "pause" in Atomics ? () => (Atomics as { pause(): void }).pause() : () => {};

const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(nobodyWakes, 0, 0, ms);
}
