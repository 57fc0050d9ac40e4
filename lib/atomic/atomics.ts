/**
 * The only file that names `Atomics`. JavaScript has one ordering, sequential consistency, so a comment beside a call
 * says what it pairs with, not how strong it is. The words may lie in mapped memory: all of these work on it across
 * processes, while `Atomics.wait` and `notify` work only on a `SharedArrayBuffer` (see `futex.ts`).
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../ffi/mod.ts";

/** A typed array whose elements are 32-bit words. */
export type Words = Int32Array<ArrayBufferLike> | Uint32Array<ArrayBufferLike>;

/** A typed array whose elements are atomic, if narrower than a word. */
export type Narrow = Uint8Array<ArrayBufferLike> | Uint16Array<ArrayBufferLike>;

/** The operations that hot paths are given, so that engines compile them in place. */
export interface AtomicOperations {
  load(words: Int32Array, index: number): number;
  store(words: Int32Array, index: number, value: number): number;
  exchange(words: Int32Array, index: number, value: number): number;
  compareExchange(words: Int32Array, index: number, expected: number, replacement: number): number;
}

/** The engine's own. */
export const operations: AtomicOperations = Atomics;

/**
 * Two words of this thread. The first is written before each plain load: compilers must assume that it changes any
 * typed array, so no load moves across it. The second is for atomic accesses, where the processor needs some.
 */
export const compilerBarrier: Int32Array = new Int32Array(2);

/** A load that the processor keeps in order by itself, and the compiler because of the store before it. */
function loadInOrder(words: Words | Narrow, index: number): number {
  compilerBarrier[0] = index;
  return words[index];
}

/**
 * A load that nothing passes, on processors that reorder loads: a plain one between atomic accesses to a word of this
 * thread. On arm64 the one before it is an acquire, which no earlier release passes; of those after it the first is a
 * release, which waits for the plain load, and the second an acquire, which waits for that release and for which all
 * that comes later waits. One read-modify-write would not do: where an engine makes it of two instructions (`ldaxr`,
 * `stlxr`), what comes later waits for the first of them only. `Atomics.load` of the word itself would kill the process
 * in Bun where memory is mapped for reading only, and throws a `TypeError` of its own in closed memory.
 */
function loadAndFence(words: Words | Narrow, index: number): number {
  Atomics.load(compilerBarrier, 1);
  const value = words[index];
  Atomics.store(compilerBarrier, 1, 0);
  Atomics.load(compilerBarrier, 1);
  return value;
}

/**
 * Reads a word: never a value older than an earlier read saw, never hoisted out of a loop, and never reordered with
 * later reads of this thread, nor with its earlier atomic writes. On x86-64 it is a plain load behind a compiler
 * barrier, 0.7 ns. `Atomics.load` would be worse than slow there: Bun compiles it to a locked instruction that writes
 * the word, which takes the cache line from all other readers and crashes the process where memory is mapped for
 * reading only. The litmus tests hold both compilers to it; docs/memory-model.md has the details.
 */
export const load: (words: Words | Narrow, index: number) => number = hasTotalStoreOrder() ? loadInOrder : loadAndFence;

/**
 * Reads a word plainly: a value that it had at some time. Use it only where an atomic access afterwards confirms it, or
 * where the caller alone writes the word. A loop on it may never end.
 */
export function peek(words: Words, index: number): number {
  return words[index];
}

/** Writes a word; a thread that reads the value sees everything written before it. */
export function store(words: Words | Narrow, index: number, value: number): void {
  Atomics.store(words, index, value);
}

function storeInOrder(words: Words, index: number, value: number): void {
  words[index] = value;
}

/**
 * Writes a word; a thread that reads the value sees everything written before it. It is not a fence: later reads of
 * this thread may happen before others see the word. On x86-64 it is a plain store, a tenth of `store`'s price where
 * the word is contended. The litmus tests hold both compilers to it.
 */
export const release: (words: Words, index: number, value: number) => void = hasTotalStoreOrder()
  ? storeInOrder
  : store;

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

/** Hints to the processor that this is a spin loop. Does nothing in a runtime without `Atomics.pause`. */
export const pause: () => void = (Atomics as { pause?(): void }).pause ?? (() => {});

/**
 * Blocks this thread while a word of a `SharedArrayBuffer` is `expected`. For `futex.ts`.
 *
 * @param timeoutMs Infinity for no limit.
 * @returns False if the time ran out.
 */
export function waitLocal(
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  expected: number,
  timeoutMs: number,
): boolean {
  return Atomics.wait(words, index, expected, timeoutMs) !== "timed-out";
}

/** What `Atomics.waitAsync` returns. */
interface WaitedFor {
  readonly async: boolean;
  readonly value: Promise<string> | string;
}

/**
 * Waits in the event loop while a word of a `SharedArrayBuffer` is `expected`. It cannot be cancelled, and does not
 * keep the process alive.
 *
 * @param timeoutMs Infinity for no limit.
 * @returns False if the time ran out; undefined, not a promise, if the word differs already.
 */
export function waitLocalAsync(
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  expected: number,
  timeoutMs: number,
): Promise<boolean> | undefined {
  const { waitAsync } = Atomics as unknown as { waitAsync(...args: unknown[]): WaitedFor };
  const { value } = waitAsync(words, index, expected, timeoutMs);
  return typeof value === "string" ? undefined : value.then((result) => result !== "timed-out");
}

/** Wakes threads that `waitLocal` blocks, and returns how many. */
export function wakeLocal(words: Int32Array<SharedArrayBuffer>, index: number, count: number): number {
  return Atomics.notify(words, index, count);
}

const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(nobodyWakes, 0, 0, ms);
}
