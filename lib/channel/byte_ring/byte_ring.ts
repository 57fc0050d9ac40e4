import { OWN_TYPE, type Region, requireOpen, Role } from "../../memory/internal.ts";
import { waiterOf } from "../shared/waiter.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { ByteConsumer } from "./byte_consumer.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CONSUMER_HIGH_WATER_OFFSET,
  CONSUMER_OFFSET,
  FREED_EVENT_OFFSET,
  PRODUCER_HIGH_WATER_OFFSET,
  PRODUCER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  SKIPPED_OFFSET,
} from "./format.ts";
import {
  type ByteRingGeometry,
  type ByteRingOptions,
  geometryOf,
  lengthOf,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";
import { ByteProducer } from "./byte_producer.ts";

/**
 * A queue of messages, bytes of any length with a type word, from one producer (or, with `producers: "many"`, from any
 * number) to one consumer, in any processes, first in, first out. A message lies in one piece, and is written and read
 * in place. Nothing is lost: a full ring refuses, and the producer decides what to do. Neither side blocks unless it
 * calls a method that ends in `Wait`, and publishing makes a system call only when the consumer sleeps.
 *
 * A producer that dies at any instruction leaves what it published; what it had only claimed is never seen. Of many
 * producers, one that has claimed and not yet published makes the consumer wait at its message; other producers go on
 * until the ring is full. The message of a dead producer is skipped, and counted, as soon as the kernel reports the
 * death. A consumer that dies leaves what it had not freed: the messages of the `drain` it was in are received again,
 * all others once. The next consumer continues from there. Over a `SharedArrayBuffer` nothing reports a thread's end.
 *
 * A message takes a header of 8 bytes (16 where many may produce) and is rounded up to a multiple of 8; with its header
 * it may take half the capacity. All lengths are bytes, and count headers.
 *
 * How it works: one tail, one head, and a record before the end of the memory that says to skip the rest. Many
 * producers claim one after another, under a lock word that names its holder and leaves nothing to repair; a claimed
 * record names its claimer. Source: agrona's OneToOneRingBuffer and ManyToOneRingBuffer. There a producer that dies
 * between moving the tail and writing its record's header cannot be distinguished from a slow one.
 *
 * @example
 * ```ts
 * import { ByteRing, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { capacity: 1024 };
 * const region = Region.over(new SharedArrayBuffer(ByteRing.byteLength(options)));
 * ByteRing.init(region, options);
 * const ring = ByteRing.attach(region, options);
 *
 * using producer = ring.producer();
 * producer.push("hello", 1);
 * const at = producer.claim(12, 2)!; // undefined if the ring were full
 * producer.view.setFloat64(at, 100.5, true);
 * producer.view.setUint32(at + 8, 7, true);
 * producer.publish();
 *
 * using consumer = ring.consumer(); // usually in another process
 * const { type, bytes } = consumer.shift()!;
 * assertEquals([type, new TextDecoder().decode(bytes)], [1, "hello"]);
 * consumer.drain((type, byteOffset, byteLength) => {
 *   assertEquals([type, byteLength], [2, 12]);
 *   assertEquals(consumer.view.getFloat64(byteOffset, true), 100.5); // no copy
 * });
 * assertEquals(ring.length, 0);
 * ```
 */
export class ByteRing {
  /** The name in the catalog. */
  static readonly kind = "ByteRing";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** Bytes of all records: a power of two. */
  readonly capacity: number;
  /** The longest message. */
  readonly maxByteLength: number;
  /** Whether there is one producer at a time, or many. */
  readonly producers: "one" | "many";
  readonly #region: Region;
  readonly #geometry: ByteRingGeometry;
  readonly #producerRole: Role;
  readonly #consumerRole: Role;

  private constructor(region: Region, geometry: ByteRingGeometry) {
    this.capacity = geometry.capacity;
    this.maxByteLength = geometry.maxByteLength;
    this.producers = geometry.isShared ? "many" : "one";
    this.#region = region;
    this.#geometry = geometry;
    this.#producerRole = new Role(`the producer of ${region.name}`, region, PRODUCER_OFFSET / 4);
    this.#consumerRole = new Role(`the consumer of ${region.name}`, region, CONSUMER_OFFSET / 4);
  }

  /** The bytes a ring takes. */
  static byteLength(options: ByteRingOptions): number {
    return BYTE_RING_HEADER_BYTES + geometryOf(options).capacity;
  }

  /** Prepares a ring in zeroed memory; the creator does it once. */
  static init(region: Region, options: ByteRingOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a ring. All options are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the ring's own description contradicts itself, the options or its length.
   */
  static attach(region: Region, options: Partial<ByteRingOptions> = {}): ByteRing {
    return new ByteRing(region, readGeometry(region, options));
  }

  /**
   * How many bytes of the capacity are taken, exact at a moment of the call: from the first message not freed to
   * the last one published, or claimed where many may produce.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get length(): number {
    requireOpen(this.#region);
    return lengthOf(this.#region, this.capacity);
  }

  /**
   * How many bytes are not taken, exact at a moment of the call. What does not fit before the memory's end begins anew
   * at its start, so a message may need up to its own length more.
   */
  get free(): number {
    return this.capacity - this.length;
  }

  /**
   * The most bytes that were taken, as the two sides found it: the consumer at each poll, and a producer when it found
   * no space.
   */
  get highWater(): number {
    const { length } = this, { i32 } = this.#region.source;
    // Statistics: read as they are.
    return Math.max(length, i32[CONSUMER_HIGH_WATER_OFFSET / 4], i32[PRODUCER_HIGH_WATER_OFFSET / 4]);
  }

  /** How often `claim` or `push` found no space. */
  get refusals(): number {
    requireOpen(this.#region);
    return this.#region.source.f64[REFUSALS_OFFSET / 8];
  }

  /**
   * How many claims of dead producers the consumer skipped, where many may produce. A consumer that dies meanwhile may
   * have counted some of them without freeing them; the next one counts them again.
   */
  get skipped(): number {
    requireOpen(this.#region);
    return this.#region.source.f64[SKIPPED_OFFSET / 8];
  }

  /**
   * Becomes the ring's producer, and continues after the message published last; or becomes one of many producers.
   * Release the role with `close()` or `using`; from a dead producer it is taken over.
   *
   * @param options How its methods wait.
   * @throws {RoleTakenError} If only one may produce, and there is a live producer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  producer(options: RoleOptions = {}): ByteProducer {
    const waiting = waiterOf(this.#region, "space in", options, FREED_EVENT_OFFSET), role = this.#producerRole;
    if (this.#geometry.isShared) return new ByteProducer(this.#region, undefined, this.#geometry, waiting);
    return role.acquireFor(() => new ByteProducer(this.#region, role, this.#geometry, waiting));
  }

  /**
   * Becomes the ring's consumer, at the first message that was not freed. Release the role with `close()` or
   * `using`; from a dead consumer it is taken over.
   *
   * @param options How its methods wait.
   * @throws {RoleTakenError} If there is a live consumer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  consumer(options: RoleOptions = {}): ByteConsumer {
    const waiting = waiterOf(this.#region, "a message of", options, PUBLISHED_EVENT_OFFSET), role = this.#consumerRole;
    return role.acquireFor(() => new ByteConsumer(this.#region, role, this.#geometry, waiting));
  }
}
