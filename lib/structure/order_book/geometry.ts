import { HeaderCheck, type Region, requireInteger, requireOptions } from "../../memory/internal.ts";
import {
  ASKS_WORD,
  BIDS_WORD,
  CHANGES_F64,
  COPIES_WORD,
  COPY_HEADER_BYTES,
  copyBytes,
  DROPPED_F64,
  FOLLOWING,
  HEADER_BYTES,
  KNOWN_ASK_F64,
  KNOWN_BID_F64,
  LEVELS_WORD,
  PRICE_DIGITS_WORD,
  QUANTITY_DIGITS_WORD,
  SEQUENCE_F64,
  SNAPSHOT,
  STATE_WORD,
  TIME_F64,
  VERSION_WORD,
} from "./format.ts";

/** How an {@linkcode OrderBook} is made. */
export interface OrderBookOptions {
  /** The most levels a side holds, 1 to 2^20: the best ones are kept. */
  readonly levels: number;
  /**
   * Digits after the point of a price, 0 to 15: prices that are equal to that many digits are one level. Defaults to 8.
   */
  readonly priceDigits?: number;
  /** Digits after the point of a quantity, 0 to 15. Defaults to 8. */
  readonly quantityDigits?: number;
  /**
   * How many copies of the book there are: 2, 4, 8 or 16. Defaults to 4. A reader starts again if the writer publishes
   * `copies − 1` changes while it copies.
   */
  readonly copies?: number;
}

/** Where a book's copies lie. */
export interface BookGeometry {
  readonly levels: number;
  readonly priceDigits: number;
  readonly quantityDigits: number;
  /** The copies, less one. */
  readonly copyMask: number;
  /** Words from one copy to the next. */
  readonly copyWords: number;
}

/** Where the fields of a book lie, for its hot paths, and their limits. */
export interface BookPlaces extends BookGeometry {
  readonly versionWord: number;
  /** The first word of copy 0. */
  readonly firstWord: number;
  /** From a copy to its fields, in words. */
  readonly state: number;
  readonly bids: number;
  readonly asks: number;
  /** From a copy to its fields and its levels, in doubles. */
  readonly sequence: number;
  readonly time: number;
  readonly changes: number;
  readonly dropped: number;
  readonly knownBid: number;
  readonly knownAsk: number;
  readonly levelsDelta: number;
  /** The states in which a book is valid. */
  readonly isSnapshot: number;
  readonly isFollowing: number;
}

/** Where the fields of a book lie. */
export function placesOf(geometry: BookGeometry): BookPlaces {
  return {
    ...geometry,
    versionWord: VERSION_WORD,
    firstWord: HEADER_BYTES / 4,
    state: STATE_WORD,
    bids: BIDS_WORD,
    asks: ASKS_WORD,
    sequence: SEQUENCE_F64,
    time: TIME_F64,
    changes: CHANGES_F64,
    dropped: DROPPED_F64,
    knownBid: KNOWN_BID_F64,
    knownAsk: KNOWN_ASK_F64,
    levelsDelta: COPY_HEADER_BYTES / 8,
    isSnapshot: SNAPSHOT,
    isFollowing: FOLLOWING,
  };
}

const MAX_LEVELS = 2 ** 20, MAX_DIGITS = 15, COPIES: readonly number[] = [2, 4, 8, 16];

/** Where the copies of a book of these options lie. */
export function geometryOf(options: OrderBookOptions): BookGeometry {
  requireOptions("make an order book", options, "with its levels");
  const { levels, priceDigits = 8, quantityDigits = 8, copies = 4 } = options;
  const doing = "make an order book";
  requireInteger(doing, "levels", levels, 1, MAX_LEVELS);
  requireInteger(doing, "priceDigits", priceDigits, 0, MAX_DIGITS);
  requireInteger(doing, "quantityDigits", quantityDigits, 0, MAX_DIGITS);
  if (!COPIES.includes(copies)) {
    throw new RangeError(`Cannot ${doing} as copies must be 2, 4, 8 or 16: received ${copies}`);
  }
  return { levels, priceDigits, quantityDigits, copyMask: copies - 1, copyWords: copyBytes(levels) / 4 };
}

/** The bytes of a book. */
export function byteLengthOf({ copyMask, copyWords }: BookGeometry): number {
  return HEADER_BYTES + (copyMask + 1) * copyWords * 4;
}

/** Writes where the copies lie into zeroed memory. */
export function writeGeometry(region: Region, options: OrderBookOptions): void {
  const { levels, copyMask, priceDigits, quantityDigits } = geometryOf(options), { u32 } = region.views;
  u32[LEVELS_WORD] = levels;
  u32[COPIES_WORD] = copyMask + 1;
  u32[PRICE_DIGITS_WORD] = priceDigits;
  u32[QUANTITY_DIGITS_WORD] = quantityDigits;
}

/** Reads where the copies lie, and refuses a header that contradicts itself, the region or the caller's options. */
export function readGeometry(region: Region, options: Partial<OrderBookOptions>): BookGeometry {
  const header = new HeaderCheck("order book", region, HEADER_BYTES),
    { u32 } = region.source,
    found = {
      levels: u32[LEVELS_WORD],
      copies: u32[COPIES_WORD],
      priceDigits: u32[PRICE_DIGITS_WORD],
      quantityDigits: u32[QUANTITY_DIGITS_WORD],
    };
  const geometry = header.geometry(() => geometryOf(found));
  header.requireLength(byteLengthOf(geometry), `for ${found.levels} levels`);
  header.requireOptions(found, options);
  return geometry;
}
