import type { AtomicOperations } from "./atomics.ts";

/**
 * Accesses to the words of one array, for hot paths: the array is a constant of them. `atomics.ts` says what each of
 * them guarantees. Once the memory is closed, reading returns `undefined`, and writing does nothing or throws.
 */
export interface WordAccess {
  /** Reads a word, in order. */
  load(index: number): number;
  /**
   * Reads a word, in order, where the access before it was a write through this object: that write is all that
   * compilers need to keep the order.
   */
  loadBehindStore(index: number): number;
  /** Reads a word plainly. */
  peek(index: number): number;
  /** Writes a word plainly: one that others read only after a word that publishes it. */
  poke(index: number, value: number): void;
  /** Writes a word; a fence. */
  store(index: number, value: number): void;
  /** Writes a word; no fence. */
  release(index: number, value: number): void;
  /** Writes a word for which another process may sleep: `release` where sleepers fence this process, else `store`. */
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

/** The parts of a word access that are the same for all arrays. */
export interface WordAccessPorts {
  readonly atomics: AtomicOperations;
  readonly barrier: Int32Array;
  readonly isFenced: boolean;
  readonly isOrdered: boolean;
}
