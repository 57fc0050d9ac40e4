import { specialize } from "../../atomic/internal.ts";
import type { AnyStruct, ViewOf } from "../../layout/internal.ts";
import { type DrainResult, requireDone, type WaitOptions } from "../../sync/internal.ts";
import { AsyncConsumer } from "./async_consumer.ts";
import type { BatchSource } from "./batch.ts";
import { type ChannelEnd, refuseLimit } from "./channel_end.ts";
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
  readonly giveBack: () => void;
}

/**
 * One consumer of records: it receives them in order, each once; those that are being received when a consumer dies, or
 * when `fn` throws, are received again by its successor. Closing it, or the death of its process, gives the role to
 * others.
 */
export abstract class RecordConsumer<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> implements Disposable {
  readonly #end: ChannelEnd;
  readonly #path: ConsumerPath<S>;
  readonly #ports: RecordConsumerPorts<S>;

  /**
   * Calls a function for each record, and then frees all of them at once: whoever waits for them to be freed may go on.
   * Never blocks.
   *
   * @param fn Receives the record itself, not a copy: the same view each time, good until `fn` returns. If it throws,
   * its record stays the next to be received. It must not be asynchronous: by the time it continued, the record would
   * be somebody else's.
   * @param limit The most records to receive, at least 1. Defaults to all that were there before the call.
   * @returns How many records there were. With a limit, what comes meanwhile is among them: while little comes at a
   * time, it rests for up to two microseconds between two polls, as each poll holds the producer up.
   * @throws {TypeError} If called by `fn` itself, or if `fn` returns a promise.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => DrainResult, limit?: number) => number;

  /** As {@linkcode AsyncConsumer.drainWait}. */
  readonly drainWait: (fn: (record: ViewOf<S>) => DrainResult, limit?: number, options?: WaitOptions) => number;

  /**
   * Copies the next record and frees it. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if there is none.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** As {@linkcode AsyncConsumer.shiftWait}. */
  readonly shiftWait: (into: ViewOf<S>, options?: WaitOptions) => boolean;

  /**
   * The next record, in a loop of the caller's own: `for (let r; (r = consumer.next()) !== undefined;) sum += r.price`.
   * The fastest way to receive, as the loop's variables stay in registers. Never blocks.
   *
   * The records before it are freed in batches: after 64, when no further record is known, and by `release()`; until
   * then a successor would receive them again.
   *
   * @returns The record itself, not a copy: the same view each time, good until the next call of any method of this
   * consumer; undefined if there is none.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly next: () => ViewOf<S> | undefined;

  /** As {@linkcode AsyncConsumer.nextWait}. */
  readonly nextWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /**
   * Frees all records that `next` returned.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {NotOwnerError} If this consumer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly release: () => void;

  /** Made by the channel. */
  protected constructor(end: ChannelEnd, ports: RecordConsumerPorts<S>) {
    super(ports.waiting);
    this.#end = end;
    this.#ports = ports;
    const quarter = Math.max(1, (ports.slotMask + 1) >> 2);
    const path = this.#path = specialize(makeConsumerPath<S>)({
      ...ports,
      worthwhile: Math.min(WORTHWHILE, quarter),
      longestRest: LONGEST_REST,
      heldMost: Math.min(HELD_MOST, quarter),
      refuseUse: () => this.#refuseUse(),
      refuseLimit,
      requireDone: (result) => requireDone("drain", end.name, result),
    });
    this.drain = path.drain;
    this.drainWait = path.drainWait;
    this.shift = path.shift;
    this.shiftWait = path.shiftWait;
    this.next = path.next;
    this.nextWait = path.nextWait;
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

  /**
   * Releases the role. What `next` returned counts as received. The second time nothing happens.
   *
   * @throws {TypeError} If called by the function that `drain` calls.
   */
  close(): void {
    if (!this.#end.isOpen) return;
    this.#end.close(() => {
      this.#path.release();
      this.#ports.giveBack();
    });
    this.#path.close();
    this.endWaits();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** A batch is freed as a drain is: as a whole. */
  protected override batchSource(): BatchSource<ViewOf<S>> {
    return this.#path;
  }

  /** Frees what `next` returned. */
  protected override giveBack(): void {
    if (this.#end.isOpen) this.release();
  }

  #refuseUse(): never {
    this.#end.requireOpen();
    if (this.#path.isDraining()) {
      throw new TypeError(
        `Cannot use the ${this.#end.noun} of ${this.#end.name} as its drain is running; return from it first`,
      );
    }
    this.#end.refuseClosed();
  }
}
