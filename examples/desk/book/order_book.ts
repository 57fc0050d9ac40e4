import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, pause, store } from "../../../lib/atomic/mod.ts";
import { Role } from "../../../lib/memory/mod.ts";
import { ClosedError, type ReadonlyViews, type Region } from "../../../mod.ts";
import { BookTop } from "./book_top.ts";
import {
  ASKS_WORD,
  BIDS_WORD,
  BOOK_HEADER_BYTES,
  bookBytes,
  CHANGES_F64,
  COPIES_WORD,
  COPY_HEADER_BYTES,
  DROPPED_F64,
  isUsable,
  KNOWN_ASK_F64,
  KNOWN_BID_F64,
  LEVEL_F64,
  LEVELS_WORD,
  SEQUENCE_F64,
  STATE_WORD,
  TIME_F64,
  VERSION_WORD,
  WRITER_WORD,
} from "./order_book_format.ts";
import { type BookGeometry, geometryOf, type OrderBookOptions, readGeometry } from "./order_book_geometry.ts";
import { OrderBookWriter } from "./order_book_writer.ts";

/**
 * An order book of an instrument: prices and quantities of both sides. One writer at a time; any number of readers, in
 * any processes. Reading never blocks the writer, and never waits for it: not for one that is stopped, nor for one that
 * died. Readers are never shown a torn book, nor half a change; a reader starts again if the writer publishes `copies −
 * 1` changes while it copies, so one that reads thousands of levels of a book that never rests wants more copies.
 *
 * A book knows each side down to the worst price that its snapshot covered, and that there was room for. Changes tell
 * of levels beyond, but not of all: where the best price lies there, `BookTop` says that it is not known.
 *
 * A writer that dies at any instruction leaves the book as of the last whole change, with its sequence number, and its
 * role to the next one, which goes on from there: a change that was applied is told apart from one that was not.
 *
 * How it works: a change is applied to a copy that nobody reads, and one store publishes it. Before the next change,
 * what the copy in turn lacks is taken over from the one published last: from the deepest level that changed to the
 * best. Left-right (P. Ramalhete, A. Correia, 2015) with versions in place of reader counts.
 *
 * @example
 * ```ts
 * import { Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 * import { OrderBook } from "./order_book.ts";
 * import { depthEvent } from "../input/events.ts";
 *
 * const options = { levels: 16 };
 * const region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
 * OrderBook.init(region, options);
 * const book = OrderBook.attach(region, options);
 * using writer = book.writer();
 * const snapshot = depthEvent();
 * snapshot.isSnapshot = true;
 * snapshot.last = 7;
 * snapshot.bids.push(100, 3);
 * assertEquals(writer.apply(snapshot), "applied");
 *
 * const top = OrderBook.top(5);
 * assertEquals(book.read(top), true);
 * assertEquals([top.bid, top.bidQuantity, top.ask, top.sequence], [100, 3, 0, 7]);
 * ```
 */
export class OrderBook {
  /** The name in the catalog. */
  static readonly kind = "OrderBook";

  /** The most levels a side holds. */
  readonly levels: number;
  readonly #region: Region;
  readonly #geometry: BookGeometry;
  readonly #role: Role;
  readonly #source: ReadonlyViews;
  readonly #isOrdered: boolean;
  /** A double that is put together from two words, where loads must be atomic. */
  readonly #double = new Float64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#double.buffer);

  private constructor(region: Region, options: OrderBookOptions, isOrdered: boolean) {
    this.#geometry = readGeometry(region, options);
    this.levels = this.#geometry.levels;
    this.#region = region;
    this.#source = region.source;
    this.#role = new Role(`the writer of ${region.name}`, region, WRITER_WORD);
    this.#isOrdered = isOrdered;
  }

  /** The bytes a book takes. */
  static byteLength(options: OrderBookOptions): number {
    const { levels, copyMask } = geometryOf(options);
    return bookBytes(levels, copyMask + 1);
  }

  /** Prepares a book in zeroed memory; the creator does it once. It is not valid before the first snapshot. */
  static init(region: Region, options: OrderBookOptions): void {
    const { levels, copyMask } = geometryOf(options);
    region.views.u32[LEVELS_WORD] = levels;
    region.views.u32[COPIES_WORD] = copyMask + 1;
  }

  /**
   * Attaches to a book. The options are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the book contradicts them, or its length.
   */
  static attach(region: Region, options: OrderBookOptions): OrderBook {
    return new OrderBook(region, options, hasTotalStoreOrder());
  }

  /** As `attach`, on any processor by the rules of one that reorders loads and stores. */
  static attachUnordered(region: Region): OrderBook {
    return new OrderBook(region, {}, false);
  }

  /** What `read` fills. @param depth The most levels a side. */
  static top(depth: number): BookTop {
    return new BookTop(depth);
  }

  /**
   * Copies the best levels, as many as there is room for. All are of one version of the book.
   *
   * @returns False if the book may not be used, as no snapshot came yet, or none since a gap; there are no levels then.
   * @throws {ClosedError} If the segment was closed.
   */
  read(into: BookTop): boolean {
    const words = this.#source.i32, { copyMask } = this.#geometry;
    while (true) {
      const version = load(words, VERSION_WORD); // pairs with publish in order_book_writer.ts
      if (version === undefined) this.#refuseClosed();
      this.#copy(version, into);
      // The same pair: the copy is of that version if its place was not taken for a newer one meanwhile.
      if (((load(words, VERSION_WORD) - version) >>> 0) < copyMask) return into.isValid;
      pause();
    }
  }

  /** Changes with each change of the book, a number of 32 bits that wraps: cheap to look at before reading. */
  get version(): number {
    const version = load(this.#source.i32, VERSION_WORD); // pairs with publish in order_book_writer.ts
    return version ?? this.#refuseClosed();
  }

  /** Whether somebody alive is the writer. If nobody is, the book stays as it is until somebody takes over. */
  get hasWriter(): boolean {
    return this.#role.holder !== 0;
  }

  /**
   * Becomes the book's writer. Give the role back with `close()` or `using`; from a dead writer it is taken over.
   *
   * @throws {RoleTakenError} If there is a live writer, in whichever process.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  writer(): OrderBookWriter {
    if (this.#source.closed) this.#refuseClosed();
    this.#role.acquire();
    return new OrderBookWriter(this.#region, this.#role, this.#geometry);
  }

  /** What is copied may be torn: nothing of it is trusted but that it is a number. */
  #copy(version: number, into: BookTop): void {
    const { levels, copyMask, copyWords } = this.#geometry;
    const at = BOOK_HEADER_BYTES / 4 + (version & copyMask) * copyWords, half = at / 2;
    const words = this.#source.i32;
    into.isValid = isUsable(load(words, at + STATE_WORD));
    into.sequence = this.#f64(half + SEQUENCE_F64);
    into.exchangeMs = this.#f64(half + TIME_F64);
    into.changes = this.#f64(half + CHANGES_F64);
    into.dropped = this.#f64(half + DROPPED_F64);
    into.knownBid = this.#f64(half + KNOWN_BID_F64);
    into.knownAsk = this.#f64(half + KNOWN_ASK_F64);
    const bids = into.isValid ? Math.min(load(words, at + BIDS_WORD) >>> 0, levels) : 0;
    const asks = into.isValid ? Math.min(load(words, at + ASKS_WORD) >>> 0, levels) : 0;
    into.bids = Math.min(bids, into.depth);
    into.asks = Math.min(asks, into.depth);
    const first = half + COPY_HEADER_BYTES / 8;
    this.#copySide(first + bids * LEVEL_F64, into.bids, into.bidPrices, into.bidQuantities);
    this.#copySide(first + (levels + asks) * LEVEL_F64, into.asks, into.askPrices, into.askQuantities);
  }

  /** From the best, which is the last, on. */
  #copySide(end: number, count: number, prices: Float64Array, quantities: Float64Array): void {
    if (!this.#isOrdered) {
      for (let i = 0, at = end - LEVEL_F64; i < count; i++, at -= LEVEL_F64) {
        prices[i] = this.#f64(at);
        quantities[i] = this.#f64(at + 1);
      }
      return;
    }
    const { f64 } = this.#source;
    for (let i = 0, at = end - LEVEL_F64; i < count; i++, at -= LEVEL_F64) {
      prices[i] = f64[at];
      quantities[i] = f64[at + 1];
    }
  }

  /**
   * A double of a copy. Where the processor reorders loads it is read by atomic ones, which stay before the last look.
   */
  #f64(index: number): number {
    if (this.#isOrdered) return this.#source.f64[index];
    // Pairs, half by half, with the writer's stores; the version tells what they mean.
    store(this.#halves, 0, load(this.#source.i32, index * 2));
    store(this.#halves, 1, load(this.#source.i32, index * 2 + 1));
    return this.#double[0];
  }

  #refuseClosed(): never {
    throw new ClosedError(`Cannot use order book ${this.#region.name} as its segment was closed; open it again`);
  }
}
