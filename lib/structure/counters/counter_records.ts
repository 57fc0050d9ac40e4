import { load, pause, store } from "../../atomic/mod.ts";
import { readText } from "../../layout/internal.ts";
import type { Party } from "../../memory/mod.ts";
import {
  DOUBLES_DELTA,
  HEADER_BYTES,
  LABEL_DELTA,
  OWNER_DELTA,
  STATE_DELTA,
  TYPE_DELTA,
  USED,
  VALUE_BYTES,
} from "./format.ts";
import type { CountersGeometry } from "./geometry.ts";

/** What a counter reports of itself. */
export interface CounterInfo {
  /** Its number. */
  readonly id: number;
  /** What it is called. */
  readonly label: string;
  /** Its type, of the owning program's choice. */
  readonly type: number;
  /** Its value when it was read. */
  readonly value: number;
  /** Its owner, in words. */
  readonly owner: string;
  /** Whether the owner is alive. If not, the value is its last one, kept until the place is needed. */
  readonly isAlive: boolean;
}

/**
 * The records of counters. Any process reads them at any time; only the owner of the mutex and a counter's owner change
 * them. The methods that write take words that may be written.
 */
export class CounterRecords {
  readonly #words: Int32Array;
  readonly #geometry: CountersGeometry;
  readonly #party: Party;
  /** A double assembled from two words. */
  readonly #double = new Float64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#double.buffer);
  readonly #label: Uint8Array;
  readonly #labelWords: Int32Array;

  /** @param words Of the counters; only read. */
  constructor(words: Int32Array, geometry: CountersGeometry, party: Party) {
    this.#words = words;
    this.#geometry = geometry;
    this.#party = party;
    this.#label = new Uint8Array(geometry.descriptionWords * 4);
    this.#labelWords = new Int32Array(this.#label.buffer);
  }

  /** The version word of a counter's value. */
  valueWord(id: number): number {
    return (HEADER_BYTES + id * VALUE_BYTES) / 4;
  }

  /** A counter's value; undefined if it is not in use. */
  read(id: number): number | undefined {
    const at = this.#descriptionWord(id) + STATE_DELTA;
    while (true) {
      const state = load(this.#words, at); // pairs: counter state
      if ((state & USED) === 0) return undefined;
      const value = this.#valueOf(id);
      if (load(this.#words, at) === state) return value; // pairs: counter state
    }
  }

  /** What a counter reports of itself; undefined if it is not in use. */
  infoOf(id: number): CounterInfo | undefined {
    const words = this.#words, at = this.#descriptionWord(id), party = this.#party;
    while (true) {
      const state = load(words, at + STATE_DELTA); // pairs: counter state
      if ((state & USED) === 0) return undefined;
      const owner = load(words, at + OWNER_DELTA), type = load(words, at + TYPE_DELTA) >>> 0; // pairs: counter owner
      const label = this.#labelOf(at), value = this.#valueOf(id);
      if (load(words, at + STATE_DELTA) !== state) continue; // pairs: counter state
      return { id, label, type, value, owner: party.describe(owner), isAlive: party.isAlive(owner) };
    }
  }

  /** The number of a counter that is free, or whose owner is dead; −1 if there is none. For the mutex's owner. */
  findFree(): number {
    const { capacity } = this.#geometry, words = this.#words;
    let dead = -1;
    for (let id = 0; id < capacity; id++) {
      const at = this.#descriptionWord(id);
      if ((load(words, at + STATE_DELTA) & USED) === 0) return id; // pairs: counter state
      if (dead < 0 && !this.#party.isAlive(load(words, at + OWNER_DELTA))) dead = id; // pairs: counter owner
    }
    return dead;
  }

  /** The number of a counter of that label and type whose owner is dead; −1 if there is none. For the mutex's owner. */
  findDead(label: string, type: number): number {
    const { capacity } = this.#geometry, words = this.#words;
    for (let id = 0; id < capacity; id++) {
      const at = this.#descriptionWord(id);
      if ((load(words, at + STATE_DELTA) & USED) === 0) continue; // pairs: counter state
      if (load(words, at + TYPE_DELTA) >>> 0 !== type || this.#labelOf(at) !== label) continue;
      if (!this.#party.isAlive(load(words, at + OWNER_DELTA))) return id; // pairs: counter owner
    }
    return -1;
  }

  /** Makes the caller, which owns the mutex, the owner of a counter, and leaves its value as it is. */
  own(words: Int32Array, id: number): void {
    store(words, this.#descriptionWord(id) + OWNER_DELTA, this.#party.id); // pairs: counter owner
  }

  /** Makes the caller, which owns the mutex, the owner of a counter, and sets it to 0. The state is stored last. */
  describe(words: Int32Array, id: number, label: Uint8Array, type: number): void {
    const at = this.#descriptionWord(id), state = load(words, at + STATE_DELTA);
    const free = (state & USED) === 0 ? state : (state + 1) | 0;
    if (free !== state) store(words, at + STATE_DELTA, free); // pairs: counter state. Its owner is dead.
    this.#label.fill(0);
    this.#label.set(label);
    const from = this.#labelWords;
    for (let i = LABEL_DELTA; i < this.#geometry.descriptionWords; i++) store(words, at + i, from[i - LABEL_DELTA]);
    store(words, at + TYPE_DELTA, type | 0);
    store(words, at + OWNER_DELTA, this.#party.id); // pairs: counter owner
    const value = this.valueWord(id), next = (load(words, value) + 1) | 0;
    for (let half = 0; half < 2; half++) store(words, value + (DOUBLES_DELTA + (next & 1)) * 2 + half, 0);
    store(words, value, next); // pairs: counter version
    store(words, at + STATE_DELTA, free | USED); // pairs: counter state
  }

  /** Frees a counter, for its owner. */
  free(words: Int32Array, id: number): void {
    const at = this.#descriptionWord(id) + STATE_DELTA;
    store(words, at, (load(words, at) + 1) | 0); // pairs: counter state
  }

  #labelOf(at: number): string {
    const { labelBytes, descriptionWords } = this.#geometry, copy = this.#labelWords;
    // pairs: counter state, which shows whether it is whole
    for (let i = LABEL_DELTA; i < descriptionWords; i++) copy[i - LABEL_DELTA] = load(this.#words, at + i);
    return readText(this.#label, 0, labelBytes) ?? "";
  }

  /** The value of the version published last. It reads again only while the writer keeps writing. */
  #valueOf(id: number): number {
    const words = this.#words, at = this.valueWord(id);
    while (true) {
      const version = load(words, at); // pairs: counter version
      const double = at + (DOUBLES_DELTA + (version & 1)) * 2;
      this.#halves[0] = load(words, double);
      this.#halves[1] = load(words, double + 1);
      if (load(words, at) === version) return this.#double[0]; // pairs: counter version
      pause();
    }
  }

  #descriptionWord(id: number): number {
    return this.#geometry.descriptionsWord + id * this.#geometry.descriptionWords;
  }
}
