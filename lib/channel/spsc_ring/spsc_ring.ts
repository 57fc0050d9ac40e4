import type { AnyStruct } from "../../layout/mod.ts";
import { type LayoutTypeFunction, OWN_TYPE, type Region, requireOpen, Role } from "../../memory/internal.ts";
import { SpscConsumer } from "./spsc_consumer.ts";
import {
  CONSUMER_OFFSET,
  FREED_EVENT_OFFSET,
  HIGH_WATER_OFFSET,
  PRODUCER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  WAS_FULL_OFFSET,
} from "./format.ts";
import {
  byteLengthOf,
  geometryOf,
  layoutOf,
  lengthOf,
  readGeometry,
  type RingGeometry,
  type SpscRingOptions,
  writeGeometry,
} from "./geometry.ts";
import { SpscProducer } from "./spsc_producer.ts";
import { waiterOf } from "../shared/waiter.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";

/** For the compiler: a ring's type as a function of its layout's. */
export interface SpscRingFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: SpscRing<Extract<this["layout"], AnyStruct>>;
}

/**
 * A queue of records from one producer to one consumer, in any two processes, first in, first out. One live producer
 * and one live consumer at a time; any other process may inspect it. Nothing is lost: a full ring refuses, and the
 * producer decides what to do. Neither side blocks unless it calls a method that ends in `Wait`, and publishing makes a
 * system call only when the consumer sleeps.
 *
 * A producer that dies at any instruction leaves what it published, and nothing of what it had only claimed. A consumer
 * that dies leaves what it had not freed: the records of the `drain` it was in are received again, all others
 * once. The next holder of the role continues from there.
 *
 * How it works: two positions, the tail written by the producer, the head by the consumer, each with a private copy
 * of the other's that is renewed only when it says full or empty. Sources: L. Lamport, "Specifying Concurrent Program
 * Modules" (1983); the copies are those of rigtorp/SPSCQueue and of FastForward's and MCRingBuffer's kind.
 *
 * @example
 * ```ts
 * import { f64, Region, SpscRing, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Tick = struct("Tick", { price: f64, size: f64 });
 * const options = { layout: Tick, capacity: 4 };
 * const region = Region.over(new SharedArrayBuffer(SpscRing.byteLength(options)));
 * SpscRing.init(region, options);
 * const ticks = SpscRing.attach(region, options);
 *
 * using producer = ticks.producer();
 * producer.push({ price: 100.5, size: 1 });
 * for (const price of [101, 102]) {
 *   const tick = producer.claim()!; // undefined if the ring were full
 *   tick.price = price;
 *   tick.size = 2;
 * }
 * producer.publish(); // both of them
 *
 * using consumer = ticks.consumer(); // usually in another process
 * const prices: number[] = [];
 * assertEquals(consumer.drain((tick) => void prices.push(tick.price), 2), 2);
 * assertEquals(prices, [100.5, 101]);
 * assertEquals(ticks.length, 1);
 * ```
 */
export class SpscRing<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: SpscRingFunction;
  /** The name in the catalog. */
  static readonly kind = "SpscRing";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a record holds. */
  readonly layout: S;
  /** How many records the ring holds. */
  readonly capacity: number;
  readonly #region: Region;
  readonly #geometry: RingGeometry;
  readonly #producerRole: Role;
  readonly #consumerRole: Role;

  private constructor(region: Region, layout: S, geometry: RingGeometry) {
    this.layout = layout;
    this.capacity = geometry.capacity;
    this.#region = region;
    this.#geometry = geometry;
    this.#producerRole = new Role(`the producer of ${region.name}`, region, PRODUCER_OFFSET / 4);
    this.#consumerRole = new Role(`the consumer of ${region.name}`, region, CONSUMER_OFFSET / 4);
  }

  /** The bytes a ring takes. */
  static byteLength(options: SpscRingOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** The schema text of a record. */
  static schema(options: Partial<SpscRingOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a ring in zeroed memory; the creator does it once. */
  static init(region: Region, options: SpscRingOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a ring. `capacity` is read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the ring's own description contradicts the layout or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<SpscRingOptions<S>> & { readonly layout: S },
  ): SpscRing<S> {
    const geometry = readGeometry(region, options);
    return new SpscRing(region, options.layout, geometry);
  }

  /**
   * How many records are published and not freed, exact at a moment of the call.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get length(): number {
    requireOpen(this.#region);
    return lengthOf(this.#region, this.capacity);
  }

  /** How many more records fit, exact at a moment of the call. */
  get free(): number {
    return this.capacity - this.length;
  }

  /**
   * The most records there were, as the two sides found it: the consumer each time it had received all it knew of and
   * polled for more, and the producer when it found no space.
   */
  get highWater(): number {
    const { length } = this, { i32 } = this.#region.source;
    // Statistics: read as they are.
    return i32[WAS_FULL_OFFSET / 4] === 1 ? this.capacity : Math.max(length, i32[HIGH_WATER_OFFSET / 4]);
  }

  /** How often `claim` or `push` found no space. */
  get refusals(): number {
    requireOpen(this.#region);
    return this.#region.source.f64[REFUSALS_OFFSET / 8];
  }

  /**
   * Becomes the ring's producer, and continues after the record published last. Release the role with `close()` or
   * `using`; from a dead producer it is taken over.
   *
   * @param options How its methods wait.
   * @throws {RoleTakenError} If there is a live producer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  producer(options: RoleOptions = {}): SpscProducer<S> {
    const waiting = waiterOf(this.#region, "space in", options, FREED_EVENT_OFFSET), role = this.#producerRole;
    return role.acquireFor(() => new SpscProducer(this.layout, this.#region, role, this.#geometry, waiting));
  }

  /**
   * Becomes the ring's consumer, at the first record that was not freed. Release the role with `close()` or
   * `using`; from a dead consumer it is taken over.
   *
   * @param options How its methods wait.
   * @throws {RoleTakenError} If there is a live consumer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  consumer(options: RoleOptions = {}): SpscConsumer<S> {
    const waiting = waiterOf(this.#region, "a record of", options, PUBLISHED_EVENT_OFFSET), role = this.#consumerRole;
    return role.acquireFor(() => new SpscConsumer(this.layout, this.#region, role, this.#geometry, waiting));
  }
}
