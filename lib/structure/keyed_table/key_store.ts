import { load, store } from "../../atomic/mod.ts";
import { SegmentFormatError } from "../../errors.ts";
import {
  ADDS,
  BASE_DELTA,
  COUNT_WORD,
  FREE_WORD,
  HOLE_WORD,
  KEY_DELTA,
  MOVES_WORD,
  NEXT_FREE_DELTA,
  NEXT_WORD,
  OWNER_DELTA,
  PENDING_COUNT_WORD,
  PENDING_WORD,
  REMOVES,
  STATE_DELTA,
  USED,
} from "./format.ts";
import { keyAt, type KeyedGeometry } from "./places.ts";
import type { KeyTexts } from "./key_texts.ts";

/** The parts of the table that a key store needs. */
export interface KeyStoreOptions {
  /** The table's words, for writing. */
  readonly words: Int32Array;
  readonly geometry: KeyedGeometry;
  readonly texts: KeyTexts;
  /** The hash of the key in the scratch. */
  readonly hashOf: (count: number) => number;
  /** How often a row was written. */
  readonly versionOf: (row: number) => number;
  /** The table's name in messages. */
  readonly name: string;
}

/**
 * Adds and removes keys: for the owner of the table's mutex alone. Each store leaves a state that lookups may find and
 * that `repair` can complete; format.ts lists the states.
 */
export class KeyStore {
  readonly #words: Int32Array;
  readonly #geometry: KeyedGeometry;
  readonly #texts: KeyTexts;
  readonly #hashOf: (count: number) => number;
  readonly #versionOf: (row: number) => number;
  readonly #name: string;

  /** @param options The table around it. */
  constructor({ words, geometry, texts, hashOf, versionOf, name }: KeyStoreOptions) {
    this.#words = words;
    this.#geometry = geometry;
    this.#texts = texts;
    this.#hashOf = hashOf;
    this.#versionOf = versionOf;
    this.#name = name;
  }

  /**
   * Adds the key in the scratch, which is not there.
   *
   * @param hash Its hash.
   * @param filled How many words it fills.
   * @returns Its row; −1 if no row is left.
   */
  add(hash: number, filled: number): number {
    const words = this.#words, { capacity, keyWords } = this.#geometry;
    const free = load(words, FREE_WORD), next = load(words, NEXT_WORD), count = load(words, COUNT_WORD);
    const row = free === 0 ? next : free - 1;
    if (free === 0 && next === capacity) return -1;
    this.#require(row >>> 0 === row && row < capacity && next >>> 0 <= capacity, "its free rows", row);
    const at = keyAt(this.#geometry, row), state = load(words, at + STATE_DELTA), slot = this.#freeSlot(hash);
    this.#require((state & USED) === 0, "a free row's state", state);
    const version = this.#versionOf(row), after = load(words, at + NEXT_FREE_DELTA), { scratch } = this.#texts;

    store(words, PENDING_COUNT_WORD, count + 1);
    store(words, PENDING_WORD, ((row + 1) << 1) | ADDS);
    if (free === 0) store(words, NEXT_WORD, row + 1);
    else store(words, FREE_WORD, after);
    for (let i = 0; i < keyWords; i++) store(words, at + KEY_DELTA + i, i < filled ? scratch[i] : 0);
    store(words, at + OWNER_DELTA, 0);
    store(words, at + BASE_DELTA, version | 0);
    store(words, at + BASE_DELTA + 1, Math.floor(version / 2 ** 32));
    this.#enter(slot, hash, row);
    store(words, at + STATE_DELTA, state | USED); // pairs: key state
    this.#settle();
    return row;
  }

  /**
   * Removes a row's key.
   *
   * @param row A row that has one.
   */
  remove(row: number): void {
    const words = this.#words, slot = this.#slotOf(row);
    this.#require(slot >= 0, "the index", `no entry of row ${row}`);
    store(words, PENDING_COUNT_WORD, load(words, COUNT_WORD) - 1);
    store(words, HOLE_WORD, slot);
    store(words, PENDING_WORD, ((row + 1) << 1) | REMOVES);
    this.#finishRemoval(row);
  }

  /** Completes or discards the change that an earlier owner left unfinished. */
  repair(): void {
    const words = this.#words, pending = load(words, PENDING_WORD);
    if (pending === 0) return;
    const row = (pending >>> 1) - 1;
    this.#require(row >= 0 && row < this.#geometry.capacity, "what is pending", pending);
    if ((pending & 1) === REMOVES) this.#finishRemoval(row);
    else if (this.#slotOf(row) >= 0) {
      // The key is complete, as its entry is there; a free row has none.
      const at = keyAt(this.#geometry, row) + STATE_DELTA;
      store(words, at, load(words, at) | USED); // pairs: key state
      this.#settle();
    } else {
      // A row that was never used may not have been taken yet; a free row is then still the first in the list.
      if (row < load(words, NEXT_WORD)) this.#free(row);
      store(words, PENDING_WORD, 0);
    }
  }

  /** The steps that were not made yet. */
  #finishRemoval(row: number): void {
    const words = this.#words, at = keyAt(this.#geometry, row), state = load(words, at + STATE_DELTA);
    if ((state & USED) !== 0) store(words, at + STATE_DELTA, (state + 1) | 0); // pairs: key state
    store(words, at + OWNER_DELTA, 0);
    this.#closeHole();
    this.#free(row);
    this.#settle();
  }

  /** Adds a row to the free ones, unless it is there. */
  #free(row: number): void {
    const words = this.#words, free = load(words, FREE_WORD);
    if (free === row + 1) return;
    store(words, keyAt(this.#geometry, row) + NEXT_FREE_DELTA, free);
    store(words, FREE_WORD, row + 1);
  }

  #settle(): void {
    store(this.#words, COUNT_WORD, load(this.#words, PENDING_COUNT_WORD));
    store(this.#words, PENDING_WORD, 0);
  }

  /** Enters a row into the index: it is found as soon as its state says that it has a key. */
  #enter(slot: number, hash: number, row: number): void {
    const { indexWord, slotMask } = this.#geometry;
    store(this.#words, indexWord + slot, (hash & ~slotMask) | (row + 1)); // pairs: key index
  }

  /**
   * Clears the slot in HOLE_WORD: moves a later entry there if one may lie there, then clears the slot that it left.
   */
  #closeHole(): void {
    const words = this.#words, { indexWord } = this.#geometry;
    let hole = load(words, HOLE_WORD);
    this.#require(hole >>> 0 <= this.#geometry.slotMask, "the hole in its index", hole);
    while (load(words, indexWord + hole) !== 0) {
      const from = this.#moverInto(hole);
      if (from < 0) break;
      store(words, indexWord + hole, load(words, indexWord + from)); // pairs: key index
      // Pairs: key moves. From here on the entry is in both places: a search that has passed the first, and reaches the
      // second too late, searches again.
      store(words, MOVES_WORD, (load(words, MOVES_WORD) + 1) | 0);
      store(words, HOLE_WORD, hole = from);
    }
    store(words, indexWord + hole, 0); // pairs: key index
  }

  /** The next slot after a hole whose entry may lie there; −1 if there is none. */
  #moverInto(hole: number): number {
    const { slotMask, indexWord } = this.#geometry;
    for (let slot = (hole + 1) & slotMask; slot !== hole; slot = (slot + 1) & slotMask) {
      const entry = load(this.#words, indexWord + slot);
      if (entry === 0) return -1;
      const row = (entry & slotMask) - 1;
      this.#require(row >= 0 && row < this.#geometry.capacity, "an entry of its index", entry);
      const home = this.#hashOfRow(row) & slotMask;
      if (((slot - home) & slotMask) >= ((slot - hole) & slotMask)) return slot;
    }
    return -1;
  }

  #hashOfRow(row: number): number {
    return this.#hashOf(this.#texts.copyFrom(this.#words, keyAt(this.#geometry, row) + KEY_DELTA));
  }

  /** The slot with a row's entry; −1 if there is none. */
  #slotOf(row: number): number {
    const { slotMask, indexWord } = this.#geometry;
    let slot = this.#hashOfRow(row) & slotMask;
    for (let left = slotMask; left >= 0; left--, slot = (slot + 1) & slotMask) {
      const entry = load(this.#words, indexWord + slot);
      if (entry === 0) return -1;
      if ((entry & slotMask) - 1 === row) return slot;
    }
    return -1;
  }

  /** The slot for a new entry. */
  #freeSlot(hash: number): number {
    const { slotMask, indexWord } = this.#geometry;
    let slot = hash & slotMask;
    for (let left = slotMask; left >= 0; left--, slot = (slot + 1) & slotMask) {
      if (load(this.#words, indexWord + slot) === 0) return slot;
    }
    this.#require(false, "its index", "no free slot");
    return -1;
  }

  #require(holds: boolean, what: string, found: unknown): void {
    if (holds) return;
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot change keyed table ${this.#name} as ${what} must agree with the rest: found ${found}`,
    );
  }
}
