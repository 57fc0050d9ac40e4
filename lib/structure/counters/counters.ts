import { CapacityError } from "../../errors.ts";
import { encodeText } from "../../layout/internal.ts";
import { OWN_TYPE, partOf, type Region, requireInteger, requireOpen } from "../../memory/internal.ts";
import { Mutex } from "../../sync/mod.ts";
import { Counter } from "./counter.ts";
import { type CounterInfo, CounterRecords } from "./counter_records.ts";
import { MUTEX_BYTES, MUTEX_OFFSET } from "./format.ts";
import { COUNT_TYPES, type Counted, countsOf, OfferedCounts } from "./offered_counts.ts";
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
  /** A type of the program's choice, from 0 to 2^32 − 1. Defaults to 0. */
  readonly type?: number;
  /**
   * Whether to take over a counter of the same label and type whose owner has died, with its number and its value.
   * Defaults to false.
   */
  readonly takeOver?: boolean;
}

/**
 * Named counters of several processes in one place, so that a tool can show all of them. The program that allocates one
 * owns it and alone changes it, with a few plain stores; any number of processes read all of them at any time, without
 * waiting, and never see a torn value. A counter is freed by its owner, or by its owner's death; then its last value
 * stays until the place is needed.
 *
 * Counters are integers of 53 bits. Allocations take turns, under a mutex that is taken over from an owner that died.
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
  readonly #records: CounterRecords;
  #mutex: Mutex | undefined;

  private constructor(region: Region, geometry: CountersGeometry) {
    this.#region = region;
    this.#geometry = geometry;
    this.#records = new CounterRecords(region.source.i32, geometry, region.party);
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
   * Makes a counter with the value 0, or takes one over. Waits while another process makes one. Labels need not be
   * unique.
   *
   * @param label Its name for people.
   * @param options Its type, and whether to take one over.
   * @throws {CapacityError} If all counters are in use, and their owners are alive.
   * @throws {RangeError} If the label is too long, or the type is out of range.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  allocate(label: string, options: CounterOptions = {}): Counter {
    requireOpen(this.#region);
    const region = this.#region, { labelBytes, capacity } = this.#geometry, { type = 0, takeOver = false } = options;
    const words = region.views.i32; // throws on a read-only attachment
    const bytes = typeof label === "string" ? encodeText(label, labelBytes) : "that is a string";
    if (typeof bytes === "string") {
      throw new RangeError(
        `Cannot allocate a counter of ${region.name} as its label must be a text ${bytes}: received ${String(label)}`,
      );
    }
    requireInteger(`allocate a counter of ${region.name}`, "its type", type, 0, 2 ** 32 - 1);
    const mutex = this.#mutex ??= Mutex.attach(partOf(region, "the allocation", MUTEX_OFFSET, MUTEX_BYTES), {});
    mutex.lock();
    try {
      if (mutex.ownerDied) mutex.markConsistent(); // the unfinished counter is not in use
      const records = this.#records, taken = takeOver ? records.findDead(label, type) : -1;
      const id = taken >= 0 ? taken : records.findFree();
      if (id < 0) {
        throw new CapacityError(
          `Cannot allocate a counter of ${region.name} as all are used: their capacity is ${capacity} counters`,
        );
      }
      if (taken >= 0) records.own(words, id);
      else records.describe(words, id, bytes, type);
      return new Counter(region, id, label, type, records.valueWord(id), () => records.free(words, id));
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Publishes the counts of a part of the library, such as a channel, one of its ends, a lock or a table, so that a
   * tool shows them without knowing the part. Each count gets a counter, labelled such as `name: high water`, of its
   * type in `COUNT_TYPES`; those of a predecessor that died are taken over. Each call of `update` refreshes them.
   *
   * @param name The part's name in the labels.
   * @param part The part, or any object with some of the same properties.
   * @throws {TypeError} If the part has none of the known counts.
   * @throws As `allocate` does; then no counter is left behind.
   */
  offer(name: string, part: Counted): OfferedCounts {
    const counts = countsOf(part), made: Counter[] = [];
    if (counts.length === 0) {
      throw new TypeError(
        `Cannot offer counts of ${JSON.stringify(name)} in ${this.#region.name} as it must have one of ${
          Object.keys(COUNT_TYPES).join(", ")
        }: found none`,
      );
    }
    try {
      for (const [count, words] of counts) {
        made.push(this.allocate(`${name}: ${words}`, { type: COUNT_TYPES[count], takeOver: true }));
      }
      return new OfferedCounts(part, counts.map(([count]) => count), made);
    } catch (error) {
      for (const counter of made) counter.close();
      throw error;
    }
  }

  /**
   * A counter's value. Its owner may be dead.
   *
   * @param id Its number.
   * @returns Undefined if it is not in use.
   * @throws {RangeError} If there is no such number.
   * @throws {ClosedError} If the segment was closed.
   */
  read(id: number): number | undefined {
    requireOpen(this.#region);
    if (id >>> 0 !== id || id >= this.#geometry.capacity) {
      requireInteger(`read a counter of ${this.#region.name}`, "its number", id, 0, this.#geometry.capacity - 1);
    }
    return this.#records.read(id);
  }

  /**
   * All counters in use, in the order of their numbers.
   *
   * @param options `withDead`: whether to include those whose owners have died. Defaults to false.
   * @throws {ClosedError} If the segment was closed.
   */
  list(options: { readonly withDead?: boolean } = {}): CounterInfo[] {
    const { withDead = false } = options, found: CounterInfo[] = [];
    requireOpen(this.#region);
    for (let id = 0; id < this.#geometry.capacity; id++) {
      const info = this.#records.infoOf(id);
      if (info !== undefined && (withDead || info.isAlive)) found.push(info);
    }
    return found;
  }

  /**
   * The first counter with a label whose owner is alive.
   *
   * @returns Undefined if there is none.
   * @throws {ClosedError} If the segment was closed.
   */
  find(label: string): CounterInfo | undefined {
    requireOpen(this.#region);
    for (let id = 0; id < this.#geometry.capacity; id++) {
      const info = this.#records.infoOf(id);
      if (info?.label === label && info.isAlive) return info;
    }
    return undefined;
  }
}
