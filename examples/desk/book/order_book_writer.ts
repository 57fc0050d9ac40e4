import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, peek, store } from "../../../lib/atomic/mod.ts";
import type { Role } from "../../../lib/memory/mod.ts";
import { ClosedError, NotOwnerError, type Region } from "../../../mod.ts";
import type { DepthEvent } from "../input/events.ts";
import type { Levels } from "../input/levels.ts";
import {
  ASKS_WORD,
  BIDS_WORD,
  BOOK_HEADER_BYTES,
  CHANGES_F64,
  COPY_HEADER_BYTES,
  DROPPED_F64,
  FOLLOWING,
  INVALID,
  isUsable,
  KNOWN_ASK_F64,
  KNOWN_BID_F64,
  LEVEL_F64,
  SEQUENCE_F64,
  SNAPSHOT,
  STATE_WORD,
  TIME_F64,
  VERSION_WORD,
} from "./order_book_format.ts";
import type { BookGeometry } from "./order_book_geometry.ts";

/**
 * What became of a change:
 *
 * - `applied`: readers see it.
 * - `stale`: the book is as new, or newer, by its sequence number.
 * - `early`: there is no snapshot yet, or none since a gap.
 * - `gap`: something is missing in front of it; the book is invalid from now on, until the next snapshot.
 */
export type Applied = "applied" | "stale" | "early" | "gap";

/** What an exchange says its best prices were: there was nothing better, so the book knows as much. */
export interface ToldTop {
  readonly sequence: number;
  readonly bid: number;
  readonly ask: number;
}

/** Prices of bids rise towards the best, those of asks fall. */
const BIDS = 1, ASKS = -1;

/**
 * How the writer looks at the version it alone writes. Where the processor may let stores overtake an earlier store,
 * the look is an atomic one: after it, nothing of the next version can be seen before the version published last.
 */
const lookAtOwn = hasTotalStoreOrder() ? peek : load;

/**
 * The one writer of an `OrderBook`. Closing it, or the death of its process, gives the role to others; in both cases
 * the book stays as it was published last.
 */
export class OrderBookWriter implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #geometry: BookGeometry;
  readonly #words: Int32Array;
  readonly #f64: Float64Array;
  /** Up to which index each copy's sides are those of the version published last: nothing is known at first. */
  readonly #sameBids: Int32Array;
  readonly #sameAsks: Int32Array;
  /** The lowest index of a side that the change under way touched. */
  #lowest = 0;
  #dropped = 0;
  #isOpen = true;

  /** Use `OrderBook.writer`. */
  constructor(region: Region, role: Role, geometry: BookGeometry) {
    this.#region = region;
    this.#role = role;
    this.#geometry = geometry;
    this.#words = region.views.i32;
    this.#f64 = region.views.f64;
    this.#sameBids = new Int32Array(geometry.copyMask + 1);
    this.#sameAsks = new Int32Array(geometry.copyMask + 1);
  }

  /** Sequence number of the last change applied, by whichever writer. */
  get sequence(): number {
    return this.#f64[this.#copyAt(this.#version()) / 2 + SEQUENCE_F64];
  }

  /** When the last change applied happened at the exchange: milliseconds since 1970; NaN if nobody told. */
  get exchangeMs(): number {
    return this.#f64[this.#copyAt(this.#version()) / 2 + TIME_F64];
  }

  /** Whether the book may be used. */
  get isValid(): boolean {
    return isUsable(this.#words[this.#copyAt(this.#version()) + STATE_WORD]);
  }

  /** Whether all that there is is known. */
  get isWhole(): boolean {
    const half = this.#copyAt(this.#version()) / 2;
    return this.#f64[half + KNOWN_BID_F64] === -Infinity && this.#f64[half + KNOWN_ASK_F64] === Infinity;
  }

  /** Whether a change was applied since the last snapshot. */
  get isFollowing(): boolean {
    return this.#words[this.#copyAt(this.#version()) + STATE_WORD] === FOLLOWING;
  }

  /**
   * Applies a change, or a whole book, and publishes it at once. A change must follow the last one, unless changes have
   * no numbers: its `previous` is that one's `last`; the first one after a snapshot may also begin before the snapshot
   * and end after it. A snapshot that is older than a book that may be used is stale.
   *
   * @param told What the exchange said of its best prices, at a sequence number from that of the last snapshot to the
   * change's.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  apply(event: DepthEvent, told?: ToldTop): Applied {
    const version = this.#version(), current = this.#copyAt(version);
    const state = this.#words[current + STATE_WORD], sequence = this.#f64[current / 2 + SEQUENCE_F64];
    const isNumbered = event.previous === event.previous;
    if (event.isSnapshot) {
      if (isNumbered && isUsable(state) && event.last < sequence) return "stale";
    } else {
      if (!isUsable(state)) return "early";
      // One that follows is right whatever its own number: an exchange may begin anew in order, or tell that nothing
      // changed.
      if (isNumbered && event.previous !== sequence) {
        if (event.last <= sequence) return "stale";
        if (state !== SNAPSHOT || event.first > sequence) {
          this.invalidate();
          return "gap";
        }
      }
    }
    const next = this.#copyAt(version + 1), half = next / 2;
    const { levels } = this.#geometry;
    const bidsAt = half + COPY_HEADER_BYTES / 8, asksAt = bidsAt + levels * LEVEL_F64;
    let bids = 0, asks = 0, { knownBid, knownAsk } = event;
    this.#dropped = 0;
    if (!event.isSnapshot) {
      knownBid = this.#f64[current / 2 + KNOWN_BID_F64];
      knownAsk = this.#f64[current / 2 + KNOWN_ASK_F64];
      bids = this.#words[current + BIDS_WORD];
      asks = this.#words[current + ASKS_WORD];
      this.#dropped = this.#f64[current / 2 + DROPPED_F64];
      this.#catchUp(version, bidsAt, this.#sameBids, bids);
      this.#catchUp(version, asksAt, this.#sameAsks, asks);
    }
    const dropped = this.#dropped;
    this.#lowest = bids;
    bids = this.#applySide(event.bids, bidsAt, bids, BIDS);
    this.#noteChange(version, this.#sameBids, event.isSnapshot ? 0 : this.#lowest);
    // What found no room is forgotten: from the worst level that is left on, nothing is known.
    if (this.#dropped > dropped) knownBid = Math.max(knownBid, this.#f64[bidsAt]);
    const droppedBids = this.#dropped;
    this.#lowest = asks;
    asks = this.#applySide(event.asks, asksAt, asks, ASKS);
    this.#noteChange(version, this.#sameAsks, event.isSnapshot ? 0 : this.#lowest);
    if (this.#dropped > droppedBids) knownAsk = Math.min(knownAsk, this.#f64[asksAt]);
    if (told !== undefined) {
      if (bids > 0 && this.#f64[bidsAt + (bids - 1) * LEVEL_F64] === told.bid) knownBid = Math.min(knownBid, told.bid);
      if (asks > 0 && this.#f64[asksAt + (asks - 1) * LEVEL_F64] === told.ask) knownAsk = Math.max(knownAsk, told.ask);
    }
    this.#words[next + STATE_WORD] = event.isSnapshot ? SNAPSHOT : FOLLOWING;
    this.#words[next + BIDS_WORD] = bids;
    this.#words[next + ASKS_WORD] = asks;
    this.#f64[half + SEQUENCE_F64] = event.last;
    this.#f64[half + TIME_F64] = event.exchangeMs;
    this.#f64[half + CHANGES_F64] = this.#f64[current / 2 + CHANGES_F64] + 1;
    this.#f64[half + DROPPED_F64] = this.#dropped;
    this.#f64[half + KNOWN_BID_F64] = knownBid;
    this.#f64[half + KNOWN_ASK_F64] = knownAsk;
    this.#publish(version);
    return "applied";
  }

  /**
   * Makes the book invalid until the next snapshot, as after a gap that was seen elsewhere.
   *
   * @throws As `apply` does.
   */
  invalidate(): void {
    const version = this.#version(), current = this.#copyAt(version), next = this.#copyAt(version + 1);
    for (let i = 0; i < COPY_HEADER_BYTES / 4; i++) this.#words[next + i] = this.#words[current + i];
    this.#words[next + STATE_WORD] = INVALID;
    // Its levels are left over from an older version; a snapshot comes before anybody wants them.
    this.#publish(version);
  }

  /** Gives the role back. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The version published last. */
  #version(): number {
    const version: number | undefined = lookAtOwn(this.#words, VERSION_WORD);
    if (version === undefined || !this.#isOpen) this.#refuseUse();
    return version;
  }

  /** The first word of the copy in which a version lies. */
  #copyAt(version: number): number {
    return BOOK_HEADER_BYTES / 4 + (version & this.#geometry.copyMask) * this.#geometry.copyWords;
  }

  /** Takes over into the next copy what it lacks of a side. No reader looks at it. */
  #catchUp(version: number, sideAt: number, same: Int32Array, count: number): void {
    const next = (version + 1) & this.#geometry.copyMask;
    const from = sideAt + (this.#copyAt(version) - this.#copyAt(version + 1)) / 2, first = same[next] * LEVEL_F64;
    this.#f64.copyWithin(sideAt + first, from + first, from + count * LEVEL_F64);
  }

  /** From `lowest` on all copies but the next one differ from what is going to be published. */
  #noteChange(version: number, same: Int32Array, lowest: number): void {
    const next = (version + 1) & this.#geometry.copyMask;
    for (let i = 0; i < same.length; i++) if (same[i] > lowest) same[i] = lowest;
    same[next] = this.#geometry.levels;
  }

  /** Applies the changes of a side, and returns how many levels it has then. */
  #applySide(changes: Levels, sideAt: number, count: number, direction: number): number {
    const { prices, quantities, length } = changes;
    for (let i = 0; i < length; i++) count = this.#set(sideAt, count, direction, prices[i], quantities[i]);
    return count;
  }

  #set(sideAt: number, count: number, direction: number, price: number, quantity: number): number {
    const f64 = this.#f64;
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((price - f64[sideAt + middle * LEVEL_F64]) * direction > 0) low = middle + 1;
      else high = middle;
    }
    const at = sideAt + low * LEVEL_F64, end = sideAt + count * LEVEL_F64;
    if (low < count && f64[at] === price) {
      if (low < this.#lowest) this.#lowest = low;
      if (quantity !== 0) {
        f64[at + 1] = quantity;
        return count;
      }
      f64.copyWithin(at, at + LEVEL_F64, end);
      return count - 1;
    }
    if (quantity === 0) return count;
    if (count < this.#geometry.levels) {
      if (low < this.#lowest) this.#lowest = low;
      f64.copyWithin(at + LEVEL_F64, at, end);
      f64[at] = price;
      f64[at + 1] = quantity;
      return count + 1;
    }
    this.#dropped++;
    if (low === 0) return count; // worse than all there are
    // The worst one makes room.
    this.#lowest = 0;
    f64.copyWithin(sideAt, sideAt + LEVEL_F64, at);
    f64[at - LEVEL_F64] = price;
    f64[at - LEVEL_F64 + 1] = quantity;
    return count;
  }

  /** Pairs with the loads in OrderBook's read and version: who sees it sees all that was written before. */
  #publish(version: number): void {
    store(this.#words, VERSION_WORD, (version + 1) | 0);
  }

  #refuseUse(): never {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot write order book ${this.#region.name} as its segment was closed; open it again`);
    }
    throw new NotOwnerError(
      `Cannot write order book ${this.#region.name} as this writer was closed; call writer() again`,
    );
  }
}
