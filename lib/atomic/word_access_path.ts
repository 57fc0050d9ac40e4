import type { WordAccess, WordAccessPorts } from "./word_access.ts";

/**
 * The accesses to the words of an array. Where the processor keeps the order, a load is a plain one behind a compiler
 * barrier, and a release a plain store; elsewhere a plain load stands between atomic accesses to a word of this thread.
 */
export function makeWordAccess(
  words: Int32Array,
  { atomics, barrier, isFenced, isOrdered }: WordAccessPorts,
): WordAccess {
  const loadInOrder = (index: number): number => {
    barrier[0] = index;
    return words[index];
  };
  // As in `atomics.ts`, which says why.
  const loadAndFence = (index: number): number => {
    atomics.load(barrier, 1);
    const value = words[index];
    atomics.store(barrier, 1, 0);
    atomics.load(barrier, 1);
    return value;
  };
  const storeInOrder = (index: number, value: number): void => {
    words[index] = value;
  };
  const store = (index: number, value: number): void => {
    // An atomic access throws a TypeError of its own in closed memory.
    if (words[index] !== undefined) atomics.store(words, index, value);
  };
  const release = isOrdered ? storeInOrder : store;
  return {
    load: isOrdered ? loadInOrder : loadAndFence,
    loadBehindStore: isOrdered ? (index) => words[index] : loadAndFence,
    peek: (index) => words[index],
    poke: storeInOrder,
    store,
    release,
    publish: isFenced ? release : store,
    compareExchange: (index, expected, replacement) => atomics.compareExchange(words, index, expected, replacement),
  };
}
