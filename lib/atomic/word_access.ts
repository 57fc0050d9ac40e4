import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { type AtomicOperations, compilerBarrier, operations } from "./atomics.ts";
import { specialize } from "./specialize.ts";
import { makeWordAccess } from "./word_access_path.ts";
import { makeWordLoader } from "./word_loader_path.ts";

/**
 * Accesses to the words of one array, for hot paths: the array is a constant of them. `atomics.ts` says what each of
 * them guarantees. After the memory was closed, reading returns `undefined`, and writing does nothing or throws.
 */
export interface WordAccess {
  /** Reads a word, in order. */
  load(index: number): number;
  /**
   * Reads a word, in order, where the access before it was a write through this object: that write is all that compilers
   * need to keep the order.
   */
  loadBehindStore(index: number): number;
  /** Reads a word plainly. */
  peek(index: number): number;
  /** Writes a word plainly: one that others read in order after another word told them to. */
  poke(index: number, value: number): void;
  /** Writes a word; a fence. */
  store(index: number, value: number): void;
  /** Writes a word; no fence. */
  release(index: number, value: number): void;
  /** Writes a word behind which somebody may sleep: `release` where sleepers fence this process, else `store`. */
  publish(index: number, value: number): void;
  /** Replaces a word if it is `expected`, and returns what it was. */
  compareExchange(index: number, expected: number, replacement: number): number;
}

/** How accesses are made. */
export interface WordAccessOptions {
  /** Whether sleepers fence what this process publishes: what `isFenced` of the array says. Defaults to false. */
  readonly isFenced?: boolean;
  /** Whether the processor keeps loads and stores in order. Defaults to what this one does. */
  readonly isOrdered?: boolean;
}

/** What of a word access is the same for all arrays. */
export interface WordAccessPorts {
  readonly atomics: AtomicOperations;
  readonly barrier: Int32Array;
  readonly isFenced: boolean;
  readonly isOrdered: boolean;
}

/**
 * Makes the accesses to the words of an array. It takes some 50 µs: make them once for each part that has hot paths.
 *
 * @param words The array.
 * @param options How.
 */
export function wordAccess(
  words: Int32Array,
  { isFenced = false, isOrdered = hasTotalStoreOrder() }: WordAccessOptions = {},
): WordAccess {
  return specialize(makeWordAccess)(words, { atomics: operations, barrier: compilerBarrier, isFenced, isOrdered });
}

/**
 * Makes the load of one word, which a hot path makes all the time while it waits.
 *
 * @param words The array.
 * @param index Where the word is.
 * @param options How.
 */
export function wordLoader(
  words: Int32Array,
  index: number,
  { isOrdered = hasTotalStoreOrder() }: WordAccessOptions = {},
): () => number {
  const ports = { atomics: operations, barrier: compilerBarrier, isFenced: false, isOrdered };
  return specialize(makeWordLoader)(words, index, ports);
}
