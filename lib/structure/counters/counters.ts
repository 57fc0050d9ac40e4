import { load, pause, store } from "../../atomic/mod.ts";
import { CapacityError, ClosedError } from "../../errors.ts";
import { Views } from "../../layout/mod.ts";
import { encodeText, readText } from "../../layout/text.ts";
import { OWN_TYPE, Region } from "../../memory/internal.ts";
import { Mutex } from "../../sync/mod.ts";
import { Counter } from "./counter.ts";
import {
  DOUBLES_DELTA,
  HEADER_BYTES,
  LABEL_DELTA,
  MUTEX_BYTES,
  MUTEX_OFFSET,
  OWNER_DELTA,
  STATE_DELTA,
  TYPE_DELTA,
  USED,
  VALUE_BYTES,
} from "./format.ts";
import {
  byteLengthOf,
  type CountersGeometry,
  type CountersOptions,
  geometryOf,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";

/** How a counter is allocated. */
export interface CounterOptions {
  /** What the program says it is, from 0 to 2^32 − 1. Defaults to 0. */
  readonly type?: number;
}

/** What is known of a counter. */
export interface CounterInfo {
  /** Its number. */
  readonly id: number;
  /** What it is called. */
  readonly label: string;
  /** What its owner's program says it is. */
  readonly type: number;
  /** What it was at. */
  readonly value: number;
  /** Who writes it, in words. */
  readonly owner: string;
  /** Whether the owner lives. If not, the value is its last one, and goes as soon as the place is needed. */
  readonly isAlive: boolean;
}

/**
 * Named counters of several processes in one place, so that a tool can show all of them. Whoever allocates one owns it
 * and alone changes it, with a few plain stores; any number of processes read all of them at any time, wait for nobody,
 * and are never shown a torn value. A counter is freed by its owner, or once its owner has died; its last value is
 * there until the place is needed.
 *
 * Counters are integers of 53 bits. Allocations take turns, under a mutex that is taken over from one who died.
 *
 * Source: Aeron's CountersManager and CountersReader.
 *
 * @example
 * ```ts
 * import { Counters, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { capacity: 64 };
 * const region = Region.over(new SharedArrayBuffer(Counters.byteLength(options)));
 * Counters.init(region, options);
 * const counters = Counters.attach(region, options);
 *
 * const messages = counters.allocate("feed: messages"), gaps = counters.allocate("feed: gaps", { type: 1 });
 * messages.add();
 * messages.add(10);
 * gaps.set(2);
 * assertEquals(counters.list().map(({ label, type, value }) => [label, type, value]), [
 *   ["feed: messages", 0, 11],
 *   ["feed: gaps", 1, 2],
 * ]);
 * gaps.close();
 * assertEquals([counters.read(messages.id), counters.read(gaps.id)], [11, undefined]);
 * ```
 */
export class Counters {
  /** The name in the catalog. */
  static readonly kind = "Counters";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #region: Region;
  readonly #geometry: CountersGeometry;
  readonly #words: Int32Array;
  /** A double that is put together from two words. */
  readonly #double = new Float64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#double.buffer);
  readonly #label: Uint8Array;
  #mutex: Mutex | undefined;

  private constructor(region: Region, geometry: CountersGeometry) {
    this.#region = region;
    this.#geometry = geometry;
    this.#words = region.source.i32;
    this.#label = new Uint8Array(geometry.descriptionWords * 4);
  }

  /** The bytes counters take. */
  static byteLength(options: CountersOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** Prepares counters in zeroed memory; the creator does it once. */
  static init(region: Region, options: CountersOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to counters. The options are read from them and may be left out.
   *
   * @throws {SegmentFormatError} If they contradict the options, themselves, or their length.
   */
  static attach(region: Region, options: Partial<CountersOptions>): Counters {
    return new Counters(region, readGeometry(region, options));
  }

  /** The most counters at a time. */
  get capacity(): number {
    return this.#geometry.capacity;
  }

  /** The most bytes of a label. */
  get labelBytes(): number {
    return this.#geometry.labelBytes;
  }

  /**
   * Makes a counter, which is 0. Waits while another process makes one. Labels need not differ.
   *
   * @param label What it is called.
   * @param options What it is.
   * @throws {CapacityError} If there are as many as there may be, and all owners live.
   * @throws {RangeError} If the label is too long, or the type is outside.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  allocate(label: string, options: CounterOptions = {}): Counter {
    this.#requireOpen();
    const region = this.#region, { labelBytes } = this.#geometry, { type = 0 } = options;
    const words = region.views.i32; // throws on a read-only attachment
    const bytes = typeof label === "string" ? encodeText(label, labelBytes) : "that is a string";
    if (typeof bytes === "string") {
      throw new RangeError(
        `Cannot allocate a counter of ${region.name} as its label must be a text ${bytes}: received ${String(label)}`,
      );
    }
    if (type >>> 0 !== type) {
      throw new RangeError(
        `Cannot allocate a counter of ${region.name} as its type must be an integer from 0 to 2^32 − 1: received ${type}`,
      );
    }
    const mutex = this.#mutex ??= this.#attachMutex();
    mutex.lock();
    try {
      if (mutex.ownerDied) mutex.markConsistent(); // what it had begun is not used
      const id = this.#findFree();
      this.#describe(words, id, bytes, type);
      return new Counter(region, id, label, type, this.#valueWord(id), () => this.#free(words, id));
    } finally {
      mutex.unlock();
    }
  }

  /**
   * What a counter is at. Whoever owns it may be dead.
   *
   * @param id Its number.
   * @returns Undefined if it is not used.
   * @throws {RangeError} If there is no such number.
   * @throws {ClosedError} If the segment was closed.
   */
  read(id: number): number | undefined {
    this.#requireOpen();
    if (id >>> 0 !== id || id >= this.#geometry.capacity) {
      throw new RangeError(
        `Cannot read a counter of ${this.#region.name} as its number must be an integer from 0 to ${
          this.#geometry.capacity - 1
        }: received ${id}`,
      );
    }
    const at = this.#descriptionWord(id) + STATE_DELTA;
    while (true) {
      const state = load(this.#words, at); // pairs: counter state
      if ((state & USED) === 0) return undefined;
      const value = this.#valueOf(id);
      if (load(this.#words, at) === state) return value; // pairs: counter state
    }
  }

  /**
   * All counters that are used, in the order of their numbers.
   *
   * @param options `withDead`: whether those are among them whose owners have died; defaults to false.
   * @throws {ClosedError} If the segment was closed.
   */
  list(options: { readonly withDead?: boolean } = {}): CounterInfo[] {
    const { withDead = false } = options, found: CounterInfo[] = [];
    this.#requireOpen();
    for (let id = 0; id < this.#geometry.capacity; id++) {
      const info = this.#infoOf(id);
      if (info !== undefined && (withDead || info.isAlive)) found.push(info);
    }
    return found;
  }

  /**
   * The first counter of a label whose owner lives.
   *
   * @returns Undefined if there is none.
   * @throws {ClosedError} If the segment was closed.
   */
  find(label: string): CounterInfo | undefined {
    this.#requireOpen();
    for (let id = 0; id < this.#geometry.capacity; id++) {
      const info = this.#infoOf(id);
      if (info?.label === label && info.isAlive) return info;
    }
    return undefined;
  }

  #infoOf(id: number): CounterInfo | undefined {
    const words = this.#words, at = this.#descriptionWord(id), { party } = this.#region;
    while (true) {
      const state = load(words, at + STATE_DELTA); // pairs: counter state
      if ((state & USED) === 0) return undefined;
      const owner = load(words, at + OWNER_DELTA), type = load(words, at + TYPE_DELTA) >>> 0;
      const label = this.#labelOf(at), value = this.#valueOf(id);
      if (load(words, at + STATE_DELTA) !== state) continue; // pairs: counter state
      return { id, label, type, value, owner: party.describe(owner), isAlive: party.isAlive(owner) };
    }
  }

  #labelOf(at: number): string {
    const { labelBytes, descriptionWords } = this.#geometry, copy = new Int32Array(this.#label.buffer);
    for (let i = LABEL_DELTA; i < descriptionWords; i++) {
      store(copy, i - LABEL_DELTA, load(this.#words, at + i)); // pairs: counter state, which tells whether it is whole
    }
    return readText(this.#label, 0, labelBytes) ?? "";
  }

  /** The value of the version published last. Only a writer that goes on keeps it from being read at once. */
  #valueOf(id: number): number {
    const words = this.#words, at = this.#valueWord(id);
    while (true) {
      const version = load(words, at); // pairs: counter version
      const double = at + (DOUBLES_DELTA + (version & 1)) * 2;
      store(this.#halves, 0, load(words, double));
      store(this.#halves, 1, load(words, double + 1));
      if (load(words, at) === version) return this.#double[0]; // pairs: counter version
      pause();
    }
  }

  /** The number of a counter that is free. The caller holds the mutex. */
  #findFree(): number {
    const { capacity } = this.#geometry, words = this.#words, { party, name } = this.#region;
    let dead = -1;
    for (let id = 0; id < capacity; id++) {
      const at = this.#descriptionWord(id);
      if ((load(words, at + STATE_DELTA) & USED) === 0) return id; // pairs: counter state
      if (dead < 0 && !party.isAlive(load(words, at + OWNER_DELTA))) dead = id;
    }
    if (dead >= 0) return dead;
    throw new CapacityError(
      `Cannot allocate a counter of ${name} as all are used: their capacity is ${capacity} counters`,
    );
  }

  /** Makes a counter the caller's. Everything else comes before the state. */
  #describe(words: Int32Array, id: number, label: Uint8Array, type: number): void {
    const at = this.#descriptionWord(id), state = load(words, at + STATE_DELTA);
    const free = (state & USED) === 0 ? state : (state + 1) | 0;
    if (free !== state) store(words, at + STATE_DELTA, free); // pairs: counter state. Its owner is dead.
    this.#label.fill(0);
    this.#label.set(label);
    const from = new Int32Array(this.#label.buffer);
    for (let i = LABEL_DELTA; i < this.#geometry.descriptionWords; i++) store(words, at + i, from[i - LABEL_DELTA]);
    store(words, at + TYPE_DELTA, type | 0);
    store(words, at + OWNER_DELTA, this.#region.party.id);
    const value = this.#valueWord(id), next = (load(words, value) + 1) | 0;
    for (let half = 0; half < 2; half++) store(words, value + (DOUBLES_DELTA + (next & 1)) * 2 + half, 0);
    store(words, value, next); // pairs: counter version
    store(words, at + STATE_DELTA, free | USED); // pairs: counter state
  }

  /** Frees a counter that this attachment owns. */
  #free(words: Int32Array, id: number): void {
    const at = this.#descriptionWord(id) + STATE_DELTA;
    store(words, at, (load(words, at) + 1) | 0); // pairs: counter state
  }

  #valueWord(id: number): number {
    return (HEADER_BYTES + id * VALUE_BYTES) / 4;
  }

  #descriptionWord(id: number): number {
    return this.#geometry.descriptionsWord + id * this.#geometry.descriptionWords;
  }

  #attachMutex(): Mutex {
    const { source: { buffer, byteOffset }, name, party } = this.#region;
    const views = new Views(buffer, byteOffset + MUTEX_OFFSET, MUTEX_BYTES);
    return Mutex.attach(new Region(`the allocation of ${name}`, views, party, false), {});
  }

  #requireOpen(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot use ${this.#region.name} as its segment was closed; open it again`);
    }
  }
}
