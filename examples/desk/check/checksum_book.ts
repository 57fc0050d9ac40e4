import { BookReading, type OrderBook, type OrderBookOptions, type OrderBookWriter } from "../../../mod.ts";
import { BookFeeder } from "../book/book_feeder.ts";
import { type DepthEvent, depthEvent } from "../input/events.ts";
import { ALL_DIGITS } from "../layout/books.ts";
import { crc32 } from "./crc32.ts";

/** How many levels a side a checksum is of. */
const LEVELS = 25;

/** How a book of digits is made: no exchange reports checksums of books that are deeper. */
export const DIGITS_OPTIONS: OrderBookOptions = { levels: 1024, copies: 2, ...ALL_DIGITS };

/**
 * Checks a book by what its exchange computes from it, as OKX does: the CRC-32 of the best 25 levels, as the text that
 * was sent:
 *
 *     bid price:bid size:ask price:ask size:bid price:…
 *
 * How many digits each number was sent with lies in a book of its own, in the place of the quantities, so that whoever
 * follows a dead writer knows them, too.
 */
export class ChecksumBook implements Disposable {
  readonly #book: OrderBook;
  readonly #digits: OrderBook;
  readonly #writer: OrderBookWriter;
  readonly #feeder: BookFeeder;
  readonly #event: DepthEvent = depthEvent();
  readonly #top = new BookReading(LEVELS);
  readonly #topDigits = new BookReading(LEVELS);

  /**
   * @param book The book that is checked.
   * @param digits A book of the same instrument, for the digits.
   * @param writer The writer of that; closed with this.
   */
  constructor(book: OrderBook, digits: OrderBook, writer: OrderBookWriter) {
    this.#book = book;
    this.#digits = digits;
    this.#writer = writer;
    this.#feeder = new BookFeeder(writer);
  }

  /** Notes the digits of what the book is fed with. */
  feed(event: DepthEvent): void {
    const own = this.#event, { bids, asks, ...rest } = event;
    Object.assign(own, rest, { bids: own.bids, asks: own.asks });
    for (const [from, to] of [[bids, own.bids], [asks, own.asks]] as const) {
      to.clear();
      // A code of 0 would take the level away.
      for (let i = 0; i < from.length; i++) to.push(from.prices[i], from.quantities[i] === 0 ? 0 : from.digits[i] + 1);
    }
    this.#feeder.feed(own);
  }

  /** Whether the book is what its exchange says it is. */
  matches(checksum: number): boolean {
    const text = this.#text();
    return text !== undefined && crc32(text) === checksum;
  }

  /** Makes the digits as invalid as the book is. */
  invalidate(): void {
    this.#writer.invalidate();
  }

  /** Releases the role. */
  [Symbol.dispose](): void {
    this.#writer.close();
  }

  /** What the checksum is of; undefined if the digits are not known. */
  #text(): string | undefined {
    const top = this.#top, digits = this.#topDigits;
    if (!this.#book.read(top) || !this.#digits.read(digits) || top.sequence !== digits.sequence) return undefined;
    const parts: string[] = [];
    for (let i = 0; i < LEVELS; i++) {
      if (i < top.bids) parts.push(numberText(top.bidPrices[i], top.bidQuantities[i], digits.bidQuantities[i]));
      if (i < top.asks) parts.push(numberText(top.askPrices[i], top.askQuantities[i], digits.askQuantities[i]));
    }
    return parts.join(":");
  }
}

/** A price and a quantity as they were sent. */
function numberText(price: number, quantity: number, code: number): string {
  const digits = code - 1;
  return `${price.toFixed(digits >> 5)}:${quantity.toFixed(digits & 31)}`;
}
