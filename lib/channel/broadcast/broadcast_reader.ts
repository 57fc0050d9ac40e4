import { load } from "../../atomic/mod.ts";
import { ClosedError } from "../../errors.ts";
import { type AnyStruct, type ViewOf, Views } from "../../layout/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { EventCount, type WaitOptions } from "../../sync/mod.ts";
import { broadcastReaderPaths, type BroadcastReaderState } from "./broadcast_code.ts";
import { BROADCAST_HEADER_BYTES, EPOCH_BITS, EPOCH_OFFSET, PUBLISHED_EVENT_OFFSET, TAIL_OFFSET } from "./format.ts";
import { type BroadcastGeometry, totalOf } from "./geometry.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";

/** Where a reader of a {@linkcode Broadcast} begins, and how it waits. */
export interface BroadcastReaderOptions extends RoleOptions {
  /**
   * `"newest"`, unless given: with what is published from now on. `"oldest"`: with the oldest record still there. A
   * number: at that position; what is no longer there counts as lost.
   */
  readonly from?: "newest" | "oldest" | number;
}

/** What `drain` copies before it looks whether all of it was whole: a look at a tail that moves costs as much as that. */
const CHUNK_RECORDS = 16, CHUNK_BYTES = 4096;

/**
 * A reader of a {@linkcode Broadcast}. It belongs to one thread, holds nothing and writes nothing into the memory, so it
 * needs no end and its death leaves nothing. One that is lapped goes on with the oldest record still there, and `lost`
 * tells how many it missed.
 */
export class BroadcastReader<S extends AnyStruct = AnyStruct> {
  readonly #region: Region;
  readonly #state: BroadcastReaderState;
  readonly #waiter: Waiter;
  readonly #hasRecords: () => boolean;

  /**
   * Calls a function for each new record. Never blocks.
   *
   * @param fn Receives a copy, in the same view each time: good until `fn` returns. A record counts as received when
   * `fn` is called.
   * @param limit The most records to receive, at least 1; the capacity, unless given.
   * @returns How many records there were.
   * @throws {RangeError} If `limit` is less than 1.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly drain: (fn: (record: ViewOf<S>) => void, limit?: number) => number;

  /**
   * Copies the next record. Never blocks.
   *
   * @param into Where to: a view made with the layout's `alloc()`. Left with anything if it returns false.
   * @returns False if there is none.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly shift: (into: ViewOf<S>) => boolean;

  /** Use `Broadcast.reader`. */
  constructor(
    layout: S,
    region: Region,
    geometry: BroadcastGeometry,
    { from = "newest", wait }: BroadcastReaderOptions,
  ) {
    const words = region.source.i32, { capacity, reach } = geometry, total = totalOf(words);
    this.#region = region;
    // Who may not write cannot announce that it sleeps.
    const strategy = region.readOnly && (wait ?? "block") === "block" ? "yield" : wait;
    this.#waiter = new Waiter(
      `a record of ${region.name}`,
      strategy,
      new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true),
    );
    const position = from === "newest" ? total : from === "oldest" ? Math.max(0, total - capacity) : from;
    if (!Number.isInteger(position) || position < 0 || position > total) {
      throw new RangeError(
        `Cannot read ${region.name} as 'from' must be "newest", "oldest" or an integer from 0 to ${total}: received ${from}`,
      );
    }
    const state: BroadcastReaderState = this.#state = {
      next: position | 0,
      limit: position | 0,
      base: position - (position >>> 0),
      epoch: -1,
      lost: 0,
    };
    const look = (): boolean => {
      this.#requireOpen();
      const epoch = load(words, EPOCH_OFFSET / 4), tail = load(words, TAIL_OFFSET / 4); // pair as in totalOf
      // In the epoch of the last look at most 2^30 records came, and integers do: a double would be garbage in Deno.
      if (epoch === state.epoch && (epoch & 3) === tail >>> EPOCH_BITS) {
        if (((tail - state.next) >>> 0) > reach) {
          state.lost += ((tail - state.next) >>> 0) - capacity;
          state.next = (tail - capacity) | 0;
        }
        state.limit = tail;
        return state.next !== tail;
      }
      const total = totalOf(words), behind = total - this.position;
      if (behind > reach) {
        state.lost += behind - capacity;
        state.next = (total - capacity) | 0;
      }
      state.limit = total | 0;
      state.base = total - (total >>> 0);
      state.epoch = epoch;
      return state.next !== state.limit;
    };
    const chunk = Math.max(1, Math.min(CHUNK_RECORDS, Math.floor(CHUNK_BYTES / layout.byteLength)));
    const { drain, shift } = broadcastReaderPaths(layout, {
      words,
      geometry,
      record: layout.view(region.source, BROADCAST_HEADER_BYTES, { readOnly: true }) as ViewOf<S>,
      copied: layout.view(new Views(new ArrayBuffer(chunk * layout.byteLength + 8))) as ViewOf<S>,
      chunk,
      state,
      look,
    });
    this.drain = drain;
    this.shift = shift;
    this.#hasRecords = () => state.next !== state.limit || look();
  }

  /** The position of the record to be received next. */
  get position(): number {
    const { base, limit, next } = this.#state;
    return base + (limit >>> 0) - ((limit - next) | 0);
  }

  /** How many records were overwritten before this reader received them, since it was made: exact, however many. */
  get lost(): number {
    return this.#state.lost;
  }

  /** How many records the writer is ahead, those already overwritten included. */
  get length(): number {
    this.#requireOpen();
    return totalOf(this.#region.source.i32) - this.position;
  }

  /**
   * As `drain`, but blocks this thread until there is a record. A read-only attachment cannot be woken: there
   * `"block"` is the same as `"yield"`.
   *
   * @returns 0 if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  drainWait(fn: (record: ViewOf<S>) => void, limit?: number, options?: WaitOptions): number {
    return this.#waiter.until(this.#hasRecords, options) ? this.drain(fn, limit) : 0;
  }

  /**
   * As `shift`, but blocks this thread until there is a record, as `drainWait` does.
   *
   * @returns False if the time ran out.
   * @throws {RangeError} If `timeoutMs` is negative.
   */
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean {
    return this.#waiter.until(this.#hasRecords, options) && this.shift(into);
  }

  #requireOpen(): void {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot read ${this.#region.name} as its segment was closed; open it again`);
    }
  }
}
