import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, pause, specialize, store, wordAccess } from "../../atomic/internal.ts";
import { OWN_TYPE, refuseClosed, type Region, requireOpen, Role } from "../../memory/internal.ts";
import type { BookReading } from "./book_reading.ts";
import { VERSION_WORD, WRITER_WORD } from "./format.ts";
import {
  type BookGeometry,
  byteLengthOf,
  geometryOf,
  type OrderBookOptions,
  placesOf,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";
import { OrderBookWriter } from "./order_book_writer.ts";
import { type BookReaderPath, makeBookReaderPath } from "./reader_path.ts";

/** A side of a book. */
export type BookSide = "bids" | "asks";

/**
 * An order book: prices and quantities of both sides. One writer at a time; any number of readers, in any processes.
 * Reading never blocks the writer, and never waits for it, even if it is stopped or dead. Readers never see a torn
 * book, nor half a change. A reader starts again if the writer publishes `copies − 1` changes while it reads, so
 * reading thousands of levels of a book that changes all the time takes more copies.
 *
 * A book knows each side down to the worst price that its snapshot covered and for which there was room. Changes report
 * some levels beyond that, but not all: if the best price lies there, a reading says that it is not known.
 *
 * Prices and quantities are decimals, rounded to a declared number of digits after the point: each is the double
 * nearest to its decimal. A number of 2^51 units of the last digit or more (22 million at 8 digits) is kept unrounded,
 * as it has 15 digits already; no finite number is refused for its size. A quantity above 0 that rounds to 0 becomes
 * one unit of the last digit.
 *
 * A writer that dies at any instruction leaves the book as of the last whole change, with its sequence number. The next
 * writer continues from there: the number shows which changes were applied.
 *
 * How it works: a change is applied to a copy that no process reads, and one store publishes it. Before the next
 * change, the copy in turn catches up with the one published last, from the deepest level that changed to the best.
 * Left-right (P. Ramalhete, A. Correia, 2015) with versions in place of reader counts.
 *
 * @example
 * ```ts
 * import { BookReading, BookUpdate, OrderBook, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { levels: 1000, priceDigits: 2, quantityDigits: 8 };
 * const region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
 * OrderBook.init(region, options);
 * const book = OrderBook.attach(region, options);
 *
 * using writer = book.writer();
 * const update = new BookUpdate();
 * update.last = 7;
 * update.bids.push(100, 3);
 * update.bids.push(99.5, 1);
 * update.asks.push(101, 2);
 * assertEquals(writer.snapshot(update), "applied");
 *
 * update.clear();
 * update.previous = 7;
 * update.last = 8;
 * update.bids.push(100, 0); // gone
 * assertEquals(writer.change(update), "applied");
 *
 * const best = new BookReading(10);
 * assertEquals(book.read(best), true);
 * assertEquals([best.bid, best.bidQuantity, best.ask, best.sequence], [99.5, 1, 101, 8]);
 * assertEquals([book.quantityTo("asks", 102), book.averagePrice("asks", 1.5)], [2, 101]);
 * ```
 */
export class OrderBook {
  /** The name in the catalog. */
  static readonly kind = "OrderBook";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** The most levels a side holds. */
  readonly levels: number;
  /** Digits after the point of a price. */
  readonly priceDigits: number;
  /** Digits after the point of a quantity. */
  readonly quantityDigits: number;
  readonly #region: Region;
  readonly #geometry: BookGeometry;
  readonly #role: Role;
  readonly #isOrdered: boolean;
  #path: BookReaderPath | undefined;

  /**
   * Copies the best levels, as many as the reading has room for. All are of one version of the book. Allocates nothing.
   *
   * @param into The reading to overwrite.
   * @returns False if the book is not valid, as there was no snapshot yet, or none since a gap; then there are no
   * levels.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly read: (into: BookReading) => boolean;

  private constructor(region: Region, geometry: BookGeometry, isOrdered: boolean) {
    this.levels = geometry.levels;
    this.priceDigits = geometry.priceDigits;
    this.quantityDigits = geometry.quantityDigits;
    this.#region = region;
    this.#geometry = geometry;
    this.#role = new Role(`the writer of ${region.name}`, region, WRITER_WORD);
    this.#isOrdered = isOrdered;
    this.read = (into) => this.#reader().read(into);
  }

  /** The bytes a book takes. */
  static byteLength(options: OrderBookOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** Prepares a book in zeroed memory; the creator does it once. It is not valid before the first snapshot. */
  static init(region: Region, options: OrderBookOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a book. The options are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the book contradicts them, itself, or its length.
   */
  static attach(region: Region, options: Partial<OrderBookOptions>): OrderBook {
    return new OrderBook(region, readGeometry(region, options), hasTotalStoreOrder());
  }

  /**
   * As `attach`, on any processor by the rules of one that reorders loads.
   *
   * @internal
   */
  static attachUnordered(region: Region): OrderBook {
    return new OrderBook(region, readGeometry(region, {}), false);
  }

  /**
   * The total quantity of a side from the best price to another one, inclusive.
   *
   * @param side The side.
   * @param price The worst price that counts. Outside the known range there may be more than is counted.
   * @returns NaN if the book is not valid.
   * @throws {TypeError} If there is no such side.
   * @throws {ClosedError} If the segment was closed.
   */
  quantityTo(side: BookSide, price: number): number {
    const sum = this.#reader().quantityTo(this.#isBids(side), price), factor = 10 ** this.quantityDigits;
    // Sums of decimals are not exact.
    return sum * factor < Number.MAX_SAFE_INTEGER ? Math.round(sum * factor) / factor : sum;
  }

  /**
   * The mean price, weighted by quantity, at which a given quantity can be bought or sold at once, from the best price
   * on.
   *
   * @param side The side that is traded against: `"asks"` to buy.
   * @param size The quantity, above 0.
   * @returns NaN if the side has less, or the book is not valid.
   * @throws {RangeError} If the size is not above 0.
   * @throws {TypeError} If there is no such side.
   * @throws {ClosedError} If the segment was closed.
   */
  averagePrice(side: BookSide, size: number): number {
    if (!(size > 0)) {
      throw new RangeError(
        `Cannot compute a price in ${this.#region.name} as the size must be above 0: received ${size}`,
      );
    }
    return this.#reader().averagePrice(this.#isBids(side), size);
  }

  /**
   * A number of 32 bits that changes with each change of the book, and wraps: a cheap check before reading.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get version(): number {
    return load(this.#region.source.i32, VERSION_WORD) ?? refuseClosed(this.#region); // pairs: book version
  }

  /** Whether there is a living writer. If not, the book does not change until an attachment becomes the writer. */
  get hasWriter(): boolean {
    requireOpen(this.#region);
    return this.#role.holder !== 0;
  }

  /**
   * Becomes the book's writer, also in place of one that died. `close()` or `using` releases the role.
   *
   * @throws {RoleTakenError} If there is a live writer, in whichever process.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  writer(): OrderBookWriter {
    requireOpen(this.#region);
    return this.#role.acquireFor(() => new OrderBookWriter(this.#region, this.#role, this.#geometry));
  }

  #reader(): BookReaderPath {
    return this.#path ??= this.#makeReader();
  }

  /** Made at the first reading: that takes a hundred times as long as attaching. */
  #makeReader(): BookReaderPath {
    const { i32, f64 } = this.#region.source, both = new Float64Array(1), halves = new Int32Array(both.buffer);
    const path = specialize(makeBookReaderPath)({
      words: wordAccess(i32),
      doubles: f64,
      places: placesOf(this.#geometry),
      loadDouble(index) {
        // Pairs, half by half, with the writer's stores; the version decides whether they are valid.
        store(halves, 0, load(i32, index * 2));
        store(halves, 1, load(i32, index * 2 + 1));
        return both[0];
      },
      isOrdered: this.#isOrdered,
      pause,
      refuseUse: () => refuseClosed(this.#region),
    });
    (this as { read: OrderBook["read"] }).read = path.read;
    return path;
  }

  #isBids(side: BookSide): boolean {
    if (side === "bids" || side === "asks") return side === "bids";
    throw new TypeError(`Cannot read a side of ${this.#region.name} as it must be "bids" or "asks": received ${side}`);
  }
}
