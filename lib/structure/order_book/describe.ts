import { load } from "../../atomic/mod.ts";
import { holdersOf } from "../../channel/internal.ts";
import type { PartContent, PartDescription, Region } from "../../memory/internal.ts";
import { BookReading } from "./book_reading.ts";
import {
  ASKS_WORD,
  BIDS_WORD,
  CHANGES_F64,
  COPY_HEADER_BYTES,
  DROPPED_F64,
  FOLLOWING,
  HEADER_BYTES,
  SEQUENCE_F64,
  SNAPSHOT,
  STATE_WORD,
  WRITER_WORD,
} from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { OrderBook } from "./order_book.ts";

/** Describes an {@linkcode OrderBook} to tools. */
export function describeOrderBook(region: Region): PartDescription {
  const book = OrderBook.attach(region, {}), { copyMask, copyWords } = readGeometry(region, {});
  const { i32, f64 } = region.source;
  /** The book's numbers, without its levels: read again if a change was published meanwhile. */
  const readNumbers = () => {
    while (true) {
      const { version } = book, copy = HEADER_BYTES / 4 + (version & copyMask) * copyWords;
      const bids = Math.min(book.levels, load(i32, copy + BIDS_WORD) >>> 0);
      const asks = Math.min(book.levels, load(i32, copy + ASKS_WORD) >>> 0),
        levels = (copy * 4 + COPY_HEADER_BYTES) / 8;
      const found = {
        state: load(i32, copy + STATE_WORD),
        bids,
        asks,
        // The best price of a side is its last one.
        bid: f64[levels + (bids - 1) * 2],
        ask: f64[levels + (book.levels + asks - 1) * 2],
        sequence: f64[copy / 2 + SEQUENCE_F64],
        changes: f64[copy / 2 + CHANGES_F64],
        dropped: f64[copy / 2 + DROPPED_F64],
      };
      if (((book.version - version) >>> 0) < copyMask) return found;
    }
  };
  const level = (prices: Float64Array, quantities: Float64Array, i: number, count: number, name: string): PartContent =>
    i < count ? { [name]: prices[i], [`${name} quantity`]: quantities[i] } : {};
  return {
    family: "structure",
    state() {
      const { state, bids, asks, bid, ask, sequence, changes, dropped } = readNumbers();
      return {
        facts: {
          valid: state === SNAPSHOT || state === FOLLOWING,
          ...(bids > 0 ? { bid } : {}),
          ...(asks > 0 ? { ask } : {}),
          bids,
          asks,
          levels: book.levels,
          sequence,
          changes,
          dropped,
        },
        holders: holdersOf(region.source.i32, { writer: WRITER_WORD }),
        done: changes,
        depth: Math.max(bids, asks),
        capacity: book.levels,
        refused: dropped,
      };
    },
    contents() {
      const reading = new BookReading(book.levels);
      book.read(reading);
      const { bids, asks, bidPrices, bidQuantities, askPrices, askQuantities } = reading;
      return Array.from({ length: Math.max(bids, asks) }, (_, i) => ({
        level: i,
        ...level(bidPrices, bidQuantities, i, bids, "bid"),
        ...level(askPrices, askQuantities, i, asks, "ask"),
      }));
    },
  };
}
