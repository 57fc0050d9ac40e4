import { mix } from "./hash.ts";

/** How long the shared memory is at most. */
export const MEMORY_BYTES = 1 << 14;

/** The memory that is explored. */
export type MemoryModel = "sequential" | "x86" | "arm64";

/** Chooses for a memory that leaves something open: see `Turns.choose`. */
export type MemoryChoice = (kind: number, fill: (offer: Uint16Array) => number) => number;

/**
 * The shared memory, word by word, as sequential consistency has it: each access happens at once and for all. The other
 * memories derive from it; `actor` is the index of the actor that accesses it.
 */
export class Memory {
  /** What every word is. Written through `set` only. */
  readonly words: Int32Array = new Int32Array(MEMORY_BYTES / 4);
  /** How often a word has changed. */
  changes = 0;
  /** Two hashes of all words. */
  hash1 = 0;
  hash2 = 0;

  /** Called at every delay, with its word, if it is set. */
  onDelay: ((word: number) => void) | undefined;

  /** Which operation of an actor a store belongs to, by number; for histories. */
  operationOf: (actor: number) => number = () => 0;
  /** Called when others miss what an actor stores in an operation, and in those after it, if it is set. */
  onMiss: ((actor: number, operation: number) => void) | undefined;

  /** Begins anew with what `image` holds, for so many actors. */
  begin(image: Int32Array, _actors: number): void {
    this.words.set(image);
    this.changes = this.hash1 = this.hash2 = 0;
  }

  /** An atomic load. */
  load(_actor: number, word: number): number {
    return this.words[word];
  }

  /** A plain load. */
  peek(_actor: number, word: number): number {
    return this.words[word];
  }

  /** A plain load of two words at once. Returns the first; the second is `second`. */
  peekTwo(_actor: number, word: number): number {
    this.second = this.words[word + 1];
    return this.words[word];
  }

  /** The second word of the last `peekTwo`. */
  second = 0;

  /** A plain store of the bits that `mask` has. */
  put(_actor: number, word: number, value: number, mask: number): void {
    this.set(word, (this.words[word] & ~mask) | (value & mask));
  }

  /** A plain store of two words at once. */
  putTwo(_actor: number, word: number, first: number, second: number): void {
    this.set(word, first);
    this.set(word + 1, second);
  }

  /** An atomic store that is no fence. */
  release(_actor: number, word: number, value: number): void {
    this.set(word, value);
  }

  /** An atomic store that is a fence. */
  store(_actor: number, word: number, value: number): void {
    this.set(word, value);
  }

  /** What a word is, for all and right now: as the kernel looks at it, and locked instructions do. */
  lock(_actor: number, word: number): number {
    return this.words[word];
  }

  /**
   * Reads and writes a word as one.
   *
   * @param next What the word becomes, of what it was.
   * @param expected Leaves the word unless it is this, if given.
   * @returns What it was.
   */
  update(actor: number, word: number, next: (old: number) => number, expected?: number): number {
    const old = this.lock(actor, word);
    if (old === (expected ?? old)) this.set(word, next(old) | 0);
    return old;
  }

  /** From here on, all stores of this actor are seen by all. */
  fence(_actor: number): void {}

  /** From here on, all stores of all actors are seen by all. */
  fenceAll(_actor: number): void {}

  /** Whether stores may come to be seen late. */
  get isReordering(): boolean {
    return false;
  }

  /**
   * Whether an access that an actor is about to make would find and leave the same if it were made later, with no
   * access of others to that word in between, and no change of any word in a memory that reorders.
   */
  isSettled(_actor: number, _word: number, _isWrite: boolean): boolean {
    return true;
  }

  /** How many loads may still miss a store. */
  get delaysLeft(): number {
    return 0;
  }

  /** What is under way, stirred into a hash. */
  stir(hash: number): number {
    return hash;
  }

  /** Changes a word that decides nothing: statistics, which make no two states different. */
  setQuietly(word: number, value: number): void {
    this.words[word] = value;
  }

  /** Changes a word, for all. */
  set(word: number, value: number): void {
    const old = this.words[word];
    if (old === value) return;
    this.words[word] = value;
    this.changes++;
    this.hash1 ^= mix(mix(word, old), 3) ^ mix(mix(word, value), 3);
    this.hash2 ^= mix(mix(~word, old), 5) ^ mix(mix(~word, value), 5);
  }
}
