import { specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, Views } from "../../layout/internal.ts";
import { recordCopies, type Region } from "../../memory/internal.ts";
import { EventCount, requireDone } from "../../sync/internal.ts";
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
 * The most that is copied before a check whether all of it was whole: loading a tail that moves costs as much.
 */
const CHUNK_RECORDS = 16, CHUNK_BYTES = 4096;

/**
 * A reader of a {@linkcode Broadcast}. It belongs to one thread, holds nothing and writes nothing into the memory, so
 * it is never closed and its death leaves nothing. One that lags too far behind continues with the oldest record still
 * there, and `lost` reports how many it missed. Every record that it hands out is a copy, checked to be whole; there is
 * nothing to free. A `drain` receives at most a capacity. A record counts as received when `fn` is called, even if it
 * throws. A `shift` that returns false may have written anything into the view.
 *
 * In memory that is attached for reading only it cannot be woken: `"block"` then sleeps in steps of up to 2 ms.
 */
export class BroadcastReader<S extends AnyStruct = AnyStruct> extends AsyncConsumer<S> {
  readonly #end: ChannelEnd;
  readonly #words: Int32Array;
  readonly #path: ReaderPath<S>;

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
    const { capacity, reach, slotMask, recordBytes } = geometry;
    const end = new ChannelEnd(region, "read", "reader");
    const start = from === "newest" ? tail : from === "oldest" ? Math.max(0, tail - capacity) : from;
    if (!Number.isInteger(start) || start < 0 || start > tail) {
      throw new RangeError(
        `Cannot read ${region.name} as 'from' must be "newest", "oldest" or an integer from 0 to ${tail}: received ${from}`,
      );
    }
    const chunk = Math.max(1, Math.min(CHUNK_RECORDS, Math.floor(CHUNK_BYTES / recordBytes)));
    const bound = bindRecord(layout, source, BROADCAST_HEADER_BYTES, { copies: ["copyTo"] });
    const path: ReaderPath<S> = specialize(makeReaderPath<S>)({
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
      refuseUse: () => end.refuseUse(path.isDraining()),
      refuseLimit,
      requireDone: (result) => requireDone("drain", end.name, result),
      worthwhile: Math.min(64, capacity >> 2),
      longestRest: 32,
      waiting,
    });
    super(waiting, path);
    this.#end = end;
    this.#words = words;
    this.#path = path;
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
}
