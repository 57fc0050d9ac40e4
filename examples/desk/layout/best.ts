import type { BookReading } from "../../../mod.ts";

/** The best prices of a book, as rows and records hold them: on an empty side, price and quantity are 0. */
export interface Best {
  /** Sequence number of the book. */
  sequence: number;
  bid: number;
  bidQuantity: number;
  ask: number;
  askQuantity: number;
  /** Whether the best bid, and the best ask, is known to be it. */
  isBidKnown: boolean;
  isAskKnown: boolean;
}

/** The best prices of a book. */
export function bestOf(book: BookReading): Best {
  const { sequence, bidQuantity, askQuantity, isBidKnown, isAskKnown } = book;
  return {
    sequence,
    bid: book.bids > 0 ? book.bid : 0,
    bidQuantity,
    ask: book.asks > 0 ? book.ask : 0,
    askQuantity,
    isBidKnown,
    isAskKnown,
  };
}
