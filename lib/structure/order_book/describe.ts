import { holdersOf } from "../../channel/internal.ts";
import type { PartContent, PartDescription, Region } from "../../memory/internal.ts";
import { BookReading } from "./book_reading.ts";
import { WRITER_WORD } from "./format.ts";
import { OrderBook } from "./order_book.ts";

/** Describes an {@linkcode OrderBook} to tools. */
export function describeOrderBook(region: Region): PartDescription {
  const book = OrderBook.attach(region, {}), reading = new BookReading(book.levels);
  const level = (prices: Float64Array, quantities: Float64Array, i: number, count: number, name: string): PartContent =>
    i < count ? { [name]: prices[i], [`${name} quantity`]: quantities[i] } : {};
  return {
    family: "structure",
    state() {
      const isValid = book.read(reading), { bids, asks, bid, ask, sequence, changes, dropped } = reading;
      return {
        facts: {
          valid: isValid,
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
