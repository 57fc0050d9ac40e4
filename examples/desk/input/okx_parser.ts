import {
  type DepthEvent,
  depthEvent,
  type MarketEvent,
  type TopEvent,
  topEvent,
  type TradeEvent,
  tradeEvent,
} from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";
import { digitsCode, type Levels } from "./levels.ts";

const MESSAGE = names("arg", "data", "action", "event", "op", "code");
const ARG = names("channel", "instId");
const DATA = names(
  "instId",
  "ts",
  "px",
  "sz",
  "side",
  "tradeId",
  "count",
  "asks",
  "bids",
  "checksum",
  "seqId",
  "prevSeqId",
  "bidPx",
  "bidSz",
  "askPx",
  "askSz",
);
const ACTIONS = names("snapshot", "update");
const SIDES = names("buy", "sell");

/** Levels a side of the channels of books, and whether each message is a book of its own. */
const BOOKS: ReadonlyMap<string, { readonly depth: number; readonly isPartial: boolean }> = new Map([
  ["books", { depth: 400, isPartial: false }],
  ["books-l2-tbt", { depth: 400, isPartial: false }],
  ["books50-l2-tbt", { depth: 50, isPartial: false }],
  ["books5", { depth: 5, isPartial: true }],
  ["bbo-tbt", { depth: 1, isPartial: true }],
]);
/** What is wrong with a message that lacks something. */
const INCOMPLETE = "a message must have all its members";

/**
 * Reads the public messages of OKX, in any order of their members: books with changes and their checksums, books of the
 * best few levels, tickers, and trades, of spot pairs, swaps, futures and options.
 *
 * Messages name the one before them since 2023 (`prevSeqId`). Where they do not, all that shows a gap is the
 * checksum: the CRC-32, as a signed number, of the best 25 levels. It is 0 where the exchange has given it up.
 */
export class OkxParser {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #depth: DepthEvent = depthEvent();
  readonly #top: TopEvent = topEvent();
  /** Trades, of which the first `#elements` are of the last message. */
  readonly #trades: TradeEvent[] = [];
  #elements = 0;
  #taken = 0;
  #channel = "";
  #other = "";
  #argInstrument = -1;
  #action = -1;
  #hasBids = false;
  #hasAsks = false;
  #checksum = NaN;
  #last = NaN;
  #previous = NaN;

  /** @param scanner Stands at the message when `parse` is called. */
  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
    this.#top.sequence = NaN;
  }

  /**
   * Reads a message.
   *
   * @returns What it is instead if it is of a kind that is not read.
   * @throws {LineError} If it is broken, or lacks something.
   */
  parse(): MarketEvent | string {
    const scanner = this.#scanner;
    this.#forget();
    if (scanner.beginObject()) {
      do this.#readMember(scanner.key(MESSAGE)); while (scanner.inObject());
    }
    scanner.end();
    if (this.#other !== "") return `OKX: ${this.#other}`;
    const book = BOOKS.get(this.#channel);
    if (book !== undefined) return this.#book(book.depth, book.isPartial);
    switch (this.#channel) {
      case "tickers":
        return this.#ticker();
      case "trades":
      case "trades-all":
        return this.#firstTrade();
      default:
        return `OKX: ${this.#channel === "" ? "a message without a channel" : `channel ${this.#channel}`}`;
    }
  }

  /** The next trade of the last message. */
  more(): MarketEvent | undefined {
    return this.#taken > 0 && this.#taken < this.#elements ? this.#trades[this.#taken++] : undefined;
  }

  #readMember(member: number): void {
    const scanner = this.#scanner;
    switch (member) {
      case 0:
        this.#readArg();
        break;
      case 1:
        if (!scanner.isArray) scanner.skip();
        else if (scanner.beginArray()) {
          do this.#readElement(); while (scanner.inArray());
        }
        break;
      case 2:
        this.#action = scanner.word(ACTIONS);
        break;
      case 3:
      case 4:
      case 5:
        scanner.skip();
        this.#other = "an answer to a request";
        break;
      default:
        scanner.skip();
    }
  }

  #readArg(): void {
    const scanner = this.#scanner;
    if (!scanner.isObject) return scanner.skip();
    if (!scanner.beginObject()) return;
    do {
      switch (scanner.key(ARG)) {
        case 0:
          scanner.string();
          this.#channel = scanner.text;
          break;
        case 1:
          this.#argInstrument = this.#instruments.read(scanner, "okx");
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  #readElement(): void {
    const scanner = this.#scanner;
    if (!scanner.isObject) return scanner.skip();
    const trade = this.#trades[this.#elements] ??= tradeEvent();
    trade.instrument = -1;
    trade.exchangeMs =
      trade.price =
      trade.quantity =
      trade.id =
        NaN;
    trade.count = 1;
    if (scanner.beginObject()) {
      do this.#readField(trade, scanner.key(DATA)); while (scanner.inObject());
    }
    this.#elements++;
  }

  #readField(trade: TradeEvent, field: number): void {
    const scanner = this.#scanner, top = this.#top;
    switch (field) {
      case 0:
        trade.instrument = this.#instruments.read(scanner, "okx");
        break;
      case 1:
        trade.exchangeMs = scanner.integer();
        break;
      case 2:
        trade.price = scanner.decimal();
        break;
      case 3:
        trade.quantity = scanner.decimal();
        break;
      case 4:
        trade.isTakerBuy = this.#readSide();
        break;
      case 5:
        trade.id = scanner.integer();
        break;
      case 6:
        trade.count = scanner.integer();
        break;
      case 7:
        this.#readLevels(this.#depth.asks);
        this.#hasAsks = true;
        break;
      case 8:
        this.#readLevels(this.#depth.bids);
        this.#hasBids = true;
        break;
      case 9:
        this.#checksum = scanner.integer();
        break;
      case 10:
        this.#last = scanner.integer();
        break;
      case 11:
        this.#previous = scanner.integer();
        break;
      case 12:
        top.bid = this.#readOptional();
        break;
      case 13:
        top.bidQuantity = this.#readOptional();
        break;
      case 14:
        top.ask = this.#readOptional();
        break;
      case 15:
        top.askQuantity = this.#readOptional();
        break;
      default:
        scanner.skip();
    }
  }

  /** Reads `[["price","size","0","orders"], …]`. A message holds one book. */
  #readLevels(levels: Levels): void {
    const scanner = this.#scanner;
    if (this.#elements > 0) scanner.fail("a message must hold one book");
    levels.clear();
    if (!scanner.beginArray()) return;
    do {
      if (!scanner.beginArray()) scanner.fail("a level must have a price");
      const price = scanner.decimal(), priceDigits = scanner.digits;
      if (!scanner.inArray()) scanner.fail("a level must have a quantity");
      const quantity = scanner.decimal(), quantityDigits = scanner.digits;
      while (scanner.inArray()) scanner.skip();
      if (!(price >= 0 && quantity >= 0)) scanner.fail("prices and quantities must not be negative");
      levels.push(price, quantity, digitsCode(priceDigits, quantityDigits));
    } while (scanner.inArray());
  }

  /** A number in a string, which is empty if the side is empty. */
  #readOptional(): number {
    const scanner = this.#scanner, { at } = scanner;
    if (scanner.isString) {
      scanner.string();
      if (scanner.textEnd === scanner.textStart) return 0;
      scanner.at = at;
    }
    const value = scanner.decimal();
    return value === value ? value : 0;
  }

  #readSide(): boolean {
    const side = this.#scanner.word(SIDES);
    if (side === -1) this.#scanner.fail("a trade must be a buy or a sell");
    return side === 0;
  }

  #book(depth: number, isPartial: boolean): DepthEvent {
    const event = this.#depth, { bids, asks } = event;
    if (!this.#hasBids || !this.#hasAsks || (this.#action === -1 && !isPartial)) this.#scanner.fail(INCOMPLETE);
    event.isPartial = isPartial;
    event.isSnapshot = isPartial || this.#action === 0;
    event.topsBy = "nothing";
    const hasNumbers = this.#last === this.#last && (event.isSnapshot || this.#previous === this.#previous);
    event.last = hasNumbers ? this.#last : NaN;
    event.previous = hasNumbers ? event.isSnapshot ? this.#last : this.#previous : NaN;
    event.first = event.previous + (event.isSnapshot ? 0 : 1);
    event.checksum = this.#checksum === 0 || isPartial ? NaN : this.#checksum;
    event.knownBid = event.isSnapshot && bids.length >= depth ? bids.lowest : -Infinity;
    event.knownAsk = event.isSnapshot && asks.length >= depth ? asks.highest : Infinity;
    this.#place(event);
    for (let i = 0; i < bids.length; i++) this.#noteDigits(event, bids.digits[i]);
    return event;
  }

  #ticker(): TopEvent | string {
    if (this.#elements === 0) return "OKX: a message of no ticker";
    return this.#place(this.#top);
  }

  #firstTrade(): TradeEvent | string {
    if (this.#elements === 0) return "OKX: a message of no trades";
    for (let i = 0; i < this.#elements; i++) {
      const trade = this.#trades[i], { id, price, quantity, exchangeMs, count } = trade;
      if (trade.instrument === -1) trade.instrument = this.#argInstrument;
      const sum = id + price + quantity + exchangeMs + count;
      if (trade.instrument === -1 || sum !== sum) this.#scanner.fail(INCOMPLETE);
      if (!(quantity > 0 && price > 0)) this.#scanner.fail("a trade must have a price and a quantity above 0");
    }
    this.#taken = 1;
    return this.#trades[0];
  }

  /** Gives an event the instrument and the time of the message's one element. */
  #place<E extends DepthEvent | TopEvent>(event: E): E {
    const { instrument, exchangeMs } = this.#trades[0];
    event.instrument = instrument === -1 ? this.#argInstrument : instrument;
    event.exchangeMs = exchangeMs;
    if (event.instrument === -1) this.#scanner.fail("a message must name its instrument");
    if (exchangeMs !== exchangeMs) this.#scanner.fail(INCOMPLETE);
    return event;
  }

  #noteDigits({ instrument }: DepthEvent, code: number): void {
    this.#instruments.note(instrument, code >> 5, code & 31);
  }

  #forget(): void {
    this.#elements = this.#taken = 0;
    this.#channel = this.#other = "";
    this.#argInstrument = this.#action = -1;
    this.#hasBids = this.#hasAsks = false;
    this.#checksum = this.#last = this.#previous = NaN;
    const top = this.#top;
    top.bid =
      top.bidQuantity =
      top.ask =
      top.askQuantity =
        0;
  }
}
