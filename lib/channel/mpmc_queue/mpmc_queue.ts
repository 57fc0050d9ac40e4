import type { AnyStruct } from "../../layout/mod.ts";
import { type LayoutTypeFunction, OWN_TYPE, type Region, requireOpen } from "../../memory/internal.ts";
import { EventCount } from "../../sync/mod.ts";
import { waiterOf } from "../shared/waiter.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { CONSUMES, FREED_EVENT_OFFSET, PRODUCES, PUBLISHED_EVENT_OFFSET } from "./format.ts";
import {
  byteLengthOf,
  geometryOf,
  layoutOf,
  lengthOf,
  type MpmcQueueOptions,
  type QueueGeometry,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";
import { MpmcConsumer } from "./mpmc_consumer.ts";
import { MpmcProducer } from "./mpmc_producer.ts";
import { QueueCells } from "./queue_cells.ts";
import type { QueueSeat } from "./queue_seat.ts";

/** For the compiler: a queue's type as a function of its layout's. */
export interface MpmcQueueFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: MpmcQueue<Extract<this["layout"], AnyStruct>>;
}

/**
 * A queue of records from many producers to many consumers, in any processes, first in, first out. Each record goes to
 * one consumer: a pool of workers shares a stream of work. A full queue refuses, and the producer decides what to do.
 * No side blocks unless it calls a method that ends in `Wait`, and publishing makes a system call only when a consumer
 * sleeps.
 *
 * Order is the order of claims. A record that is claimed but not published holds back all later ones, even while its
 * producer is stopped: nothing is ever taken from a live process. In the same way, a slot that a stopped consumer is
 * reading holds back the producers. Everything else continues.
 *
 * A death at any instruction blocks the others only for a moment:
 *
 * * What a dead producer had claimed and not published is skipped, and counted by `lostClaims`.
 * * What a dead consumer had taken and not freed is lost, and counted by `lostReads`: one record of a `shift` or a
 *   `next`, up to 16 of a `drain` or a `next(ahead)`, some of which it may have seen. So a record is received once at
 *   most.
 * * All other records for which `publish` returned are received once.
 *
 * Whether a process is dead is checked only where a slot stays unchanged over some polls, and a few times a second
 * while waiting. In memory that only threads share, nothing reports a death: there, a Worker must close its producers
 * and consumers before it is terminated.
 *
 * How it works: D. Vyukov's bounded queue ("Bounded MPMC queue", 1024cores), in which each slot says by its state whose
 * turn it is. Added to it: each producer and consumer names in its own cell what it is about to claim or take, so that
 * a slot left by a dead process can be distinguished from one on which a live one is working.
 *
 * @example
 * ```ts
 * import { f64, MpmcQueue, Region, struct, u32 } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Order = struct("Order", { price: f64, size: u32 });
 * const options = { layout: Order, capacity: 4 };
 * const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
 * MpmcQueue.init(region, options);
 * const orders = MpmcQueue.attach(region, options);
 *
 * using producer = orders.producer(); // one of many, usually in processes of their own
 * producer.push({ price: 100.5, size: 1 });
 * const order = producer.claim()!; // undefined if the queue were full
 * order.price = 101;
 * order.size = 2;
 * producer.publish();
 *
 * using one = orders.consumer(), other = orders.consumer();
 * const taken = Order.alloc();
 * assertEquals([one.shift(taken), taken.price], [true, 100.5]);
 * const prices: number[] = [];
 * assertEquals(other.drain((order) => void prices.push(order.price)), 1);
 * assertEquals([prices, orders.length], [[101], 0]);
 * ```
 */
export class MpmcQueue<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: MpmcQueueFunction;
  /** The name in the catalog. */
  static readonly kind = "MpmcQueue";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a record holds. */
  readonly layout: S;
  /** How many records the queue holds. */
  readonly capacity: number;
  readonly #region: Region;
  readonly #geometry: QueueGeometry;
  readonly #cells: QueueCells;

  private constructor(region: Region, layout: S, geometry: QueueGeometry) {
    this.layout = layout;
    this.capacity = geometry.capacity;
    this.#region = region;
    this.#geometry = geometry;
    this.#cells = new QueueCells(region, geometry);
  }

  /** The bytes a queue takes. */
  static byteLength(options: MpmcQueueOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** The schema text of a record. */
  static schema(options: Partial<MpmcQueueOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a queue in zeroed memory; the creator does it once. */
  static init(region: Region, options: MpmcQueueOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a queue. `capacity` and `maxParticipants` are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the queue's own description contradicts the layout or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<MpmcQueueOptions<S>> & { readonly layout: S },
  ): MpmcQueue<S> {
    const geometry = readGeometry(region, options);
    return new MpmcQueue(region, options.layout, geometry);
  }

  /**
   * How many records there are, exact at a moment of the call: those that producers claimed, whether published, not yet
   * or never, and that no consumer took or skipped.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get length(): number {
    requireOpen(this.#region);
    return lengthOf(this.#region, this.capacity);
  }

  /** How many more records fit, exact at a moment of the call, if no slot is still being read. */
  get free(): number {
    return this.capacity - this.length;
  }

  /**
   * The most records there were, as the two sides found it: producers when they found no space, consumers at each
   * `drain` without a limit, and about every 64 records.
   */
  get highWater(): number {
    return Math.max(this.length, this.#cells.highWater);
  }

  /** How often `claim` or `push` found no space. */
  get refusals(): number {
    requireOpen(this.#region);
    return this.#cells.refusals;
  }

  /**
   * How many records producers had claimed and not published when they died. What the dead left is searched at the
   * call, unless the attachment is read-only; of many claims, those after the work of a live process count later.
   */
  get lostClaims(): number {
    this.#settle();
    return this.#cells.lostClaims;
  }

  /**
   * How many records consumers had taken and not freed when they died, or when they were closed: after their function
   * threw, or before they had received what `next(ahead)` had taken. As with `lostClaims`, it is brought up to date at
   * the call. A death between counting a loss and noting it may be counted twice.
   */
  get lostReads(): number {
    this.#settle();
    return this.#cells.lostReads;
  }

  /**
   * Becomes one of the queue's producers. End it with `close()` or `using`; what a dead one occupies is used again.
   *
   * @param options How its methods wait.
   * @throws {TypeError} If the options are not valid; no place is then taken.
   * @throws {SegmentStateError} `FULL` if there are as many producers and consumers as there may be.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  producer(options: RoleOptions = {}): MpmcProducer<S> {
    return this.#join(PRODUCES, options, (seat) => new MpmcProducer(seat));
  }

  /**
   * Becomes one of the queue's consumers. End it with `close()` or `using`; what a dead one occupies is used again.
   *
   * @param options How its methods wait.
   * @throws {TypeError} If the options are not valid; no place is then taken.
   * @throws {SegmentStateError} `FULL` if there are as many producers and consumers as there may be.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  consumer(options: RoleOptions = {}): MpmcConsumer<S> {
    return this.#join(CONSUMES, options, (seat) => new MpmcConsumer(seat));
  }

  #join<T>(role: number, options: RoleOptions, make: (seat: QueueSeat<S>) => T): T {
    const region = this.#region, geometry = this.#geometry, cells = this.#cells;
    const waiter = role === PRODUCES
      ? waiterOf(region, "space in", options, FREED_EVENT_OFFSET)
      : waiterOf(region, "a record of", options, PUBLISHED_EVENT_OFFSET);
    const { i32: words } = region.views;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    const cell = cells.acquire(role);
    try {
      return make({ layout: this.layout, region, geometry, cells, cell, published, freed, waiter });
    } catch (error) {
      cells.release(cell);
      throw error;
    }
  }

  #settle(): void {
    requireOpen(this.#region);
    if (!this.#region.readOnly) this.#cells.settle();
  }
}
