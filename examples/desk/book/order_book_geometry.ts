import { type Region, SegmentFormatError } from "../../../mod.ts";
import { BOOK_HEADER_BYTES, bookBytes, COPIES_WORD, copyBytes, LEVELS_WORD } from "./order_book_format.ts";

/** How an order book is made. */
export interface OrderBookOptions {
  /** The most levels a side holds: the best ones. 4096 unless given. */
  readonly levels?: number;
  /**
   * How many copies of the book there are: 2, 4 (unless given), 8 or 16. A reader starts again if the writer publishes
   * `copies − 1` changes while it copies.
   */
  readonly copies?: number;
}

/** Where a book's copies lie. */
export interface BookGeometry {
  readonly levels: number;
  /** The copies, less one. */
  readonly copyMask: number;
  /** Words from one copy to the next. */
  readonly copyWords: number;
}

const MAX_LEVELS = 2 ** 20;

/** Where the copies of a book of these options lie. */
export function geometryOf({ levels = 4096, copies = 4 }: OrderBookOptions): BookGeometry {
  if (!Number.isInteger(levels) || levels < 1 || levels > MAX_LEVELS) {
    throw new RangeError(
      `Cannot make an order book as levels must be an integer from 1 to ${MAX_LEVELS}: received ${levels}`,
    );
  }
  if (![2, 4, 8, 16].includes(copies)) {
    throw new RangeError(`Cannot make an order book as copies must be 2, 4, 8 or 16: received ${copies}`);
  }
  return { levels, copyMask: copies - 1, copyWords: copyBytes(levels) / 4 };
}

/** Reads where the copies lie, and refuses what the region does not hold or the caller does not expect. */
export function readGeometry(region: Region, options: OrderBookOptions): BookGeometry {
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to order book ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < BOOK_HEADER_BYTES) {
    throw refuse("its length", `${BOOK_HEADER_BYTES} or more`, region.byteLength);
  }
  const { u32 } = region.source;
  const levels = u32[LEVELS_WORD], copies = u32[COPIES_WORD];
  let geometry: BookGeometry;
  try {
    geometry = geometryOf({ levels, copies });
  } catch (error) {
    throw refuse("its header", "a book's", (error as Error).message);
  }
  const bytes = bookBytes(levels, copies);
  if (bytes > region.byteLength) throw refuse("its length", `${bytes} for ${levels} levels`, region.byteLength);
  if ((options.levels ?? levels) !== levels) throw refuse("'levels'", levels, `${options.levels} in the options`);
  if ((options.copies ?? copies) !== copies) throw refuse("'copies'", copies, `${options.copies} in the options`);
  return geometry;
}
