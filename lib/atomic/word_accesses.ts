import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { compilerBarrier, operations } from "./atomics.ts";
import { specialize } from "./specialize.ts";
import type { WordAccess, WordAccessOptions } from "./word_access.ts";
import { makeWordAccess } from "./word_access_path.ts";
import { makeWordLoader } from "./word_loader_path.ts";

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
