import { specialize } from "../../atomic/internal.ts";
import type { AnyStruct, ViewOf } from "../../layout/internal.ts";
import { requireDone } from "../../sync/internal.ts";
import { AsyncConsumer } from "./async_consumer.ts";
import type { BatchSource } from "./batch.ts";
import { type ChannelEnd, refuseLimit } from "./channel_end.ts";
import type { ConsumerRole } from "./consumer.ts";
import { type ConsumerPath, type ConsumerPorts, makeConsumerPath } from "./consumer_path.ts";
import type { Waiter } from "./waiter.ts";

/**
 * How many records a poll must find to be worthwhile; a quarter of a small ring. There must be some dozens of cache
 * lines between the two sides before neither waits for lines of the other: processors fetch ahead.
 */
const WORTHWHILE = 256;
/** The most pauses for which a consumer rests between two polls: 1 to 2 µs. */
const LONGEST_REST = 64;
/** The most records that `next` takes before it frees them; a quarter of a small ring. */
const HELD_MOST = 64;

/** What the consumers of a channel differ in. */
export interface RecordConsumerPorts<S extends AnyStruct> extends
  Omit<
    ConsumerPorts<S>,
    "refuseUse" | "refuseLimit" | "requireDone" | "worthwhile" | "longestRest" | "heldMost"
  > {
  /** How many records there are, counted from the position to be received next. */
  readonly countRecords: (position: number) => number;
  readonly waiting: Waiter;
  /** Releases the role. */
  readonly vacate: () => void;
}

/**
 * The one consumer of a channel's records. It receives them in order, each once. Those that it has not freed when it
 * dies are received again by its successor. `drain` frees all records of a call at once; if `fn` throws, its record
 * stays the next to be received. `next` frees the records before it in batches: after 64, when no further record is
 * known, and by `release`. The record is the memory itself, not a copy. Closing the consumer, or the death of its
 * process, gives the role to others.
 */
export abstract class RecordConsumer<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> implements ConsumerRole {
  readonly #end: ChannelEnd;
  readonly #path: ConsumerPath<S>;
  readonly #ports: RecordConsumerPorts<S>;

  readonly release: () => void;

  /** Made by the channel. */
  protected constructor(end: ChannelEnd, ports: RecordConsumerPorts<S>) {
    const quarter = Math.max(1, (ports.slotMask + 1) >> 2);
    const path: ConsumerPath<S> = specialize(makeConsumerPath<S>)({
      ...ports,
      worthwhile: Math.min(WORTHWHILE, quarter),
      longestRest: LONGEST_REST,
      heldMost: Math.min(HELD_MOST, quarter),
      refuseUse: () => end.refuseUse(path.isDraining()),
      refuseLimit,
      requireDone: (result) => requireDone("drain", end.name, result),
    });
    super(ports.waiting, path, () => end.isOpen && path.release());
    this.#end = end;
    this.#ports = ports;
    this.#path = path;
    this.release = path.release;
  }

  /** How many records can be received now, at least: more may be published at any time. */
  get length(): number {
    this.#end.requireOpen();
    return this.#ports.countRecords(this.#path.position());
  }

  /**
   * The position of the record that is freed next, modulo 2^32. During a drain, that of its first record.
   */
  get position(): number {
    return this.#path.head() >>> 0;
  }

  close(): void {
    if (!this.#end.isOpen) return;
    this.#end.close(() => {
      this.#path.release();
      this.#ports.vacate();
    });
    this.#path.close();
    this.endWaits();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A batch is freed as a drain is: as a whole. */
  protected override batchSource(): BatchSource<ViewOf<S>> {
    return this.#path;
  }
}
