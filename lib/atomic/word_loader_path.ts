import type { WordAccessPorts } from "./word_access.ts";

/** The load of one word of an array. */
export function makeWordLoader(
  words: Int32Array,
  index: number,
  { atomics, barrier, isOrdered }: WordAccessPorts,
): () => number {
  if (isOrdered) {
    return () => {
      barrier[0] = 0;
      return words[index];
    };
  }
  return () => {
    atomics.load(barrier, 1);
    const value = words[index];
    atomics.store(barrier, 1, 0);
    atomics.load(barrier, 1);
    return value;
  };
}
