import { load } from "../../atomic/mod.ts";
import { holdersOf } from "../../channel/internal.ts";
import type { PartContent, PartDescription, Region } from "../../memory/internal.ts";
import { BookReading } from "./book_reading.ts";
import { ASKS_WORD, BIDS_WORD, HEADER_BYTES, WRITER_WORD } from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { OrderBook } from "./order_book.ts";

/** Describes an {@linkcode OrderBook} to tools. */
export function describeOrderBook(region: Region): PartDescription {
  const book = OrderBook.attach(region, {}), best = new BookReading(1);
  const { copyMask, copyWords } = readGeometry(region, {}), { i32 } = region.source;
  /** How many levels a side has: read as they are. */
  const levelsOf = (word: number): number =>
    Math.min(book.levels, load(i32, HEADER_BYTES / 4 + (book.version & copyMask) * copyWords + word) >>> 0);
  const level = (prices: Float64Array, quantities: Float64Array, i: number, count: number, name: string): PartContent =>
    i < count ? { [name]: prices[i], [`${name} quantity`]: quantities[i] } : {};
  return {
    family: "structure",
    state() {
      const isValid = book.read(best), { bid, ask, sequence, changes, dropped } = best;
      const bids = levelsOf(BIDS_WORD), asks = levelsOf(ASKS_WORD);
      return {
        facts: {
          valid: isValid,
          ...(Number.isNaN(bid) ? {} : { bid }),
          ...(Number.isNaN(ask) ? {} : { ask }),
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
