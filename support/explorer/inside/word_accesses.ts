/**
 * Stands in for `lib/atomic/word_accesses.ts`: every access is a step.
 *
 * @module
 */
import type { WordAccess, WordAccessOptions } from "../../../lib/atomic/word_access.ts";
import { compareExchange, load, peek, release, store } from "../steps.ts";

/** The accesses to the words of an array. */
export function wordAccess(words: Int32Array, { isFenced = false }: WordAccessOptions = {}): WordAccess {
  const storeWord = (index: number, value: number): void => store(words, index, value);
  const releaseWord = (index: number, value: number): void => release(words, index, value);
  return {
    load: (index) => load(words, index),
    loadBehindStore: (index) => load(words, index),
    peek: (index) => peek(words, index),
    poke(index, value) {
      words[index] = value;
    },
    store: storeWord,
    release: releaseWord,
    publish: isFenced ? releaseWord : storeWord,
    compareExchange: (index, expected, replacement) => compareExchange(words, index, expected, replacement),
  };
}

/** The load of one word. */
export function wordLoader(words: Int32Array, index: number): () => number {
  return () => load(words, index);
}
