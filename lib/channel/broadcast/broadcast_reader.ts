import { specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ViewOf, Views } from "../../layout/internal.ts";
import { recordCopies, type Region } from "../../memory/internal.ts";
import { type DrainResult, EventCount, requireDone, type WaitOptions } from "../../sync/internal.ts";
import { AsyncConsumer } from "../shared/async_consumer.ts";
import { ChannelEnd, refuseLimit } from "../shared/channel_end.ts";
import { EPOCH_BITS } from "../shared/long_position.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";
import {
  BROADCAST_HEADER_BYTES,
  CAPACITY_OFFSET,
  EPOCH_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { type BroadcastGeometry, tailOf } from "./geometry.ts";
import { makeReaderPath, type ReaderPath } from "./reader_path.ts";

/** Where a reader of a {@linkcode Broadcast} begins, and how it waits. */
export interface BroadcastReaderOptions extends RoleOptions {
  /**
   * `"newest"`: with what is published from now on. `"oldest"`: with the oldest record still there. A number: at that
   * position; what is no longer there counts as lost. Defaults to `"newest"`.
   */
  readonly from?: "newest" | "oldest" | number;
}

/**
 * What is copied before it is checked whether all of it was whole: a look at a tail that moves costs as much as that.
 */
const CHUNK_RECORDS = 16, CHUNK_BYTES = 4096;

/**
 * A reader of a {@linkcode Broadcast}. It belongs to one thread, holds nothing and writes nothing into the memory, so
 * it needs no end and its death leaves nothing. One that lags too far behind goes on with the oldest record still
 * there, and `lost` reports how many it missed. Every record it hands out is a copy, checked to be whole.
 *
 * In memory that is attached for reading only nobody can wake it: `"block"` then sleeps in steps of up to 2 ms.
 */
export class BroadcastReader<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> {
  readonly #end: ChannelEnd;
  readonly #words: Int32Array;
  readonly #path: ReaderPath<S>;

  /**
   * Calls a function for each new record. Never blocks.
   *
   * @param fn Receives a copy, in the same view each time: good until `fn` returns. A record counts as received when
   * `fn` is called, even if it throws. It must not be asynchronous.
   * @param limit The most records to receive, at least 1. Defaults to the capacity.
   * @returns How many records there were.
   * @throws {TypeError} If called by `fn` itself, or if `fn` returns a promise.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => DrainResult, limit?: number) => number;

  /** As {@linkcode AsyncConsumer.drainWait}. */
  readonly drainWait: (fn: (record: ViewOf<S>) => DrainResult, limit?: number, options?: WaitOptions) => number;

  /**
   * Copies the next record. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`. Left with anything if it returns false.
   * @returns False if there is none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** As {@linkcode AsyncConsumer.shiftWait}. */
  readonly shiftWait: (into: ViewOf<S>, options?: WaitOptions) => boolean;

  /**
   * The next record, in a loop of the caller's own: `for (let r; (r = reader.next()) !== undefined;) sum += r.price`.
   * The fastest way to receive. Never blocks.
   *
   * @returns A copy, in the same view each time: good until the next call of any method of this reader; undefined if
   * there is none.
   * @throws {TypeError} If called by the function that `drain` calls.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly next: () => ViewOf<S> | undefined;

  /** As {@linkcode AsyncConsumer.nextWait}. */
  readonly nextWait: (options?: WaitOptions) => ViewOf<S> | undefined;

  /** Made by `Broadcast.reader`. */
  constructor(
    layout: S,
    region: Region,
    geometry: BroadcastGeometry,
    options: BroadcastReaderOptions,
  ) {
    const { from = "newest" } = options, { source } = region, words = source.i32, tail = tailOf(words);
    // A reader that may not write cannot announce that it sleeps.
    const published = region.readOnly ? undefined : new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const waiting = new Waiter(`a record of ${region.name}`, options, published);
    super(waiting);
    this.#words = words;
    const { capacity, reach, slotMask, recordBytes } = geometry;
    const end = this.#end = new ChannelEnd(region, "read", "reader");
    const start = from === "newest" ? tail : from === "oldest" ? Math.max(0, tail - capacity) : from;
    if (!Number.isInteger(start) || start < 0 || start > tail) {
      throw new RangeError(
        `Cannot read ${region.name} as 'from' must be "newest", "oldest" or an integer from 0 to ${tail}: received ${from}`,
      );
    }
    const chunk = Math.max(1, Math.min(CHUNK_RECORDS, Math.floor(CHUNK_BYTES / recordBytes)));
    const bound = bindRecord(layout, source, BROADCAST_HEADER_BYTES, { copies: ["copyTo"] });
    const path = this.#path = specialize(makeReaderPath<S>)({
      words: wordAccess(words),
      moveTo: bound.moveTo,
      copyTo: recordCopies(layout, bound).copyTo,
      recordsOffset: BROADCAST_HEADER_BYTES,
      recordBytes,
      slotMask,
      copied: bindRecord(layout, new Views(new ArrayBuffer(Math.ceil(chunk * recordBytes / 8) * 8)), 0, {
        copies: ["copyTo"],
      }),
      chunk,
      capacity,
      reach,
      start,
      tailWord: TAIL_OFFSET / 4,
      epochWord: EPOCH_OFFSET / 4,
      epochBits: EPOCH_BITS,
      fixedWord: CAPACITY_OFFSET / 4,
      readTail() {
        end.requireOpen();
        return tailOf(words);
      },
      refuseUse: () => this.#refuseUse(),
      refuseLimit,
      requireDone: (result) => requireDone("drain", end.name, result),
      worthwhile: Math.min(64, capacity >> 2),
      longestRest: 32,
      waiting,
    });
    this.drain = path.drain;
    this.drainWait = path.drainWait;
    this.shift = path.shift;
    this.shiftWait = path.shiftWait;
    this.next = path.next;
    this.nextWait = path.nextWait;
  }

  /** The position of the record to be received next. */
  get position(): number {
    return this.#path.position();
  }

  /** How many records were overwritten before this reader received them, since it was made: exact, however many. */
  get lost(): number {
    return this.#path.lost();
  }

  /** How many records the writer is ahead, those already overwritten included. */
  get length(): number {
    this.#end.requireOpen();
    return tailOf(this.#words) - this.position;
  }

  #refuseUse(): never {
    this.#end.requireOpen();
    if (this.#path.isDraining()) {
      throw new TypeError(`Cannot use a reader of ${this.#end.name} as its drain is running; return from it first`);
    }
    this.#end.refuseClosed();
  }
}
