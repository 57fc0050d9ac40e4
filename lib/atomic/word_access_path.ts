import type { WordAccess, WordAccessPorts } from "./word_access.ts";

/**
 * The accesses to the words of an array. Where the processor keeps the order, a load is a plain one behind a compiler
 * barrier, and a release a plain store; elsewhere a plain load is followed by a locked operation on a word of our own.
 */
export function makeWordAccess(
  words: Int32Array,
  { atomics, barrier, isFenced, isOrdered }: WordAccessPorts,
): WordAccess {
  const loadInOrder = (index: number): number => {
    barrier[0] = index;
    return words[index];
  };
  const loadAndFence = (index: number): number => {
    barrier[0] = index;
    const value = words[index];
    atomics.or(barrier, 1, 0);
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
