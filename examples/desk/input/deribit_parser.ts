import { mayBeNegative } from "../instrument/instrument_model.ts";
import { DeribitTrades } from "./deribit_trades.ts";
import {
  type DepthEvent,
  depthEvent,
  type MarketEvent,
  type TickerEvent,
  tickerEvent,
  type TopEvent,
  topEvent,
} from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";
import type { Levels } from "./levels.ts";

const MESSAGE = names("params", "result", "error", "method");
const PARAMS = names("data", "channel");
const DATA = names(
  "instrument_name",
  "timestamp",
  "type",
  "change_id",
  "prev_change_id",
  "bids",
  "asks",
  "greeks",
  "best_bid_price",
  "best_bid_amount",
  "best_ask_price",
  "best_ask_amount",
  "underlying_price",
  "index_price",
  "mark_price",
  "mark_iv",
);
const GREEKS = names("delta", "gamma", "vega", "theta", "rho");
const TYPES = names("snapshot", "change");
const ACTIONS = names("new", "change", "delete");
const DELETE = 2;

/** Whatever costs more is a fault: positions of it could not be added up. */
const MOST_DOLLARS = 1e12;
/** What is wrong with a message that lacks something. */
const INCOMPLETE = "a message must have all its members";

/**
 * Reads the messages of Deribit, in any order of their members: books with changes (`book.X.raw`, `.100ms`), books of
 * the best few levels (`book.X.none.10.100ms`), tickers with or without greeks, quotes and trades. A book whose prices
 * are grouped is refused: its best price is none that anybody asks.
 */
export class DeribitParser {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #trades: DeribitTrades;
  readonly #depth: DepthEvent = depthEvent();
  readonly #ticker: TickerEvent = tickerEvent();
  readonly #top: TopEvent = topEvent();
  #channel: readonly string[] = [];
  #other = "";
  #instrument = -1;
  #exchangeMs = NaN;
  #type = -1;
  #last = NaN;
  #previous = NaN;
  #sides = 0;
  #hasGreeks = false;
  /** The lowest price of the message, and the most digits of its prices and quantities. */
  #lowest = 0;
  #priceDigits = 0;
  #quantityDigits = 0;

  /** @param scanner Stands at the message when `parse` is called. */
  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
    this.#trades = new DeribitTrades(scanner, instruments);
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
      do {
        switch (scanner.key(MESSAGE)) {
          case 0:
            this.#readParams();
            break;
          case 1:
          case 2:
            scanner.skip();
            this.#other = "an answer to a request";
            break;
          case 3:
            scanner.string();
            if (scanner.text !== "subscription") this.#other ||= `method ${scanner.text}`;
            break;
          default:
            scanner.skip();
        }
      } while (scanner.inObject());
    }
    scanner.end();
    return this.#eventOf();
  }

  /** The next trade of the last message. */
  more(): MarketEvent | undefined {
    return this.#trades.next();
  }

  #eventOf(): MarketEvent | string {
    const [kind = "", , group, depth, interval] = this.#channel;
    switch (kind) {
      case "book":
        if (interval === undefined) return this.#book(group === "raw" || group === "agg2");
        if (group !== "none") return this.#refuseGrouped(group);
        return this.#partialBook(Number(depth));
      case "ticker":
        return this.#hasGreeks ? this.#tickerOf() : this.#topOf();
      case "quote":
        return this.#topOf();
      case "trades": {
        const trade = this.#trades.first();
        return trade ?? "Deribit: a message of no trades";
      }
      case "":
        // The message's contents say as much as the channel's name.
        if (this.#hasGreeks) return this.#tickerOf();
        if (this.#type !== -1) return this.#book(true);
        return `Deribit: ${this.#other || "a message without a channel"}`;
      default:
        return `Deribit: channel ${kind}`;
    }
  }

  #refuseGrouped(group: string): string {
    return `Deribit: a book whose prices are grouped by ${group}, so that its best prices are not the market's`;
  }

  #readParams(): void {
    const scanner = this.#scanner;
    if (!scanner.isObject) return scanner.skip();
    if (!scanner.beginObject()) return;
    do {
      switch (scanner.key(PARAMS)) {
        case 0:
          if (scanner.isArray) this.#trades.read();
          else if (scanner.isObject) this.#readData();
          else scanner.skip();
          break;
        case 1:
          scanner.string();
          this.#channel = scanner.text.split(".");
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  #readData(): void {
    const scanner = this.#scanner, ticker = this.#ticker;
    if (!scanner.beginObject()) return;
    do {
      switch (scanner.key(DATA)) {
        case 0:
          this.#instrument = this.#instruments.read(scanner, "deribit");
          break;
        case 1:
          this.#exchangeMs = scanner.integer();
          break;
        case 2:
          this.#type = scanner.word(TYPES);
          break;
        case 3:
          this.#last = scanner.integer();
          break;
        case 4:
          this.#previous = scanner.integer();
          break;
        case 5:
          this.#readLevels(this.#depth.bids);
          this.#sides++;
          break;
        case 6:
          this.#readLevels(this.#depth.asks);
          this.#sides++;
          break;
        case 7:
          this.#readGreeks();
          break;
        case 8:
          ticker.bid = orZero(this.#readPrice());
          break;
        case 9:
          ticker.bidQuantity = orZero(this.#readQuantity());
          break;
        case 10:
          ticker.ask = orZero(this.#readPrice());
          break;
        case 11:
          ticker.askQuantity = orZero(this.#readQuantity());
          break;
        case 12:
          ticker.underlyingPrice = scanner.number();
          break;
        case 13:
          ticker.indexPrice = scanner.number();
          break;
        case 14:
          ticker.markPrice = scanner.number();
          break;
        case 15:
          ticker.markVolatility = scanner.number() / 100;
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  /** Reads `[["new",price,quantity], …]`, or `[[price,quantity], …]`. */
  #readLevels(levels: Levels): void {
    const scanner = this.#scanner;
    levels.clear();
    if (!scanner.beginArray()) return;
    do {
      if (!scanner.beginArray()) scanner.fail("a level must have a price");
      let action = -1;
      if (scanner.isString) {
        action = scanner.word(ACTIONS);
        if (action === -1 || !scanner.inArray()) scanner.fail("a level must have a known action and a price");
      }
      const price = this.#readPrice();
      if (!scanner.inArray()) scanner.fail("a level must have a quantity");
      const quantity = this.#readQuantity();
      if (scanner.inArray()) scanner.fail("a level must have no more than an action, a price and a quantity");
      if (!(quantity >= 0 && price === price)) {
        scanner.fail("a level must have a price, and a quantity that is not negative");
      }
      if (price < this.#lowest) this.#lowest = price;
      levels.push(price, action === DELETE ? 0 : quantity);
    } while (scanner.inArray());
  }

  #readGreeks(): void {
    const scanner = this.#scanner, ticker = this.#ticker;
    this.#hasGreeks = true;
    if (!scanner.beginObject()) return;
    do {
      switch (scanner.key(GREEKS)) {
        case 0:
          ticker.delta = scanner.number();
          break;
        case 1:
          ticker.gamma = scanner.number();
          break;
        case 2:
          ticker.vega = scanner.number();
          break;
        case 3:
          ticker.theta = scanner.number();
          break;
        case 4:
          ticker.rho = scanner.number();
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  /** @param isRaw Whether it has every change; a book that is sent now and then is unknown in between. */
  #book(isRaw: boolean): DepthEvent {
    const event = this.#depth;
    if (this.#type === -1) this.#scanner.fail(INCOMPLETE);
    event.isSnapshot = this.#type === 0;
    event.isPartial = false;
    event.topsBy = isRaw ? "time" : "nothing";
    event.last = this.#last;
    event.previous = event.isSnapshot ? this.#last : this.#previous;
    event.first = event.isSnapshot ? this.#last : this.#previous + 1;
    event.knownBid = -Infinity;
    event.knownAsk = Infinity;
    if (this.#sides !== 2) this.#scanner.fail("a book must have both sides");
    this.#require(event.last + event.previous);
    return this.#finish(event);
  }

  #partialBook(depth: number): DepthEvent {
    const event = this.#depth, { bids, asks } = event;
    event.isSnapshot = event.isPartial = true;
    event.topsBy = "nothing";
    event.first = event.previous = event.last = this.#last;
    event.knownBid = bids.length < depth ? -Infinity : bids.lowest;
    event.knownAsk = asks.length < depth ? Infinity : asks.highest;
    if (this.#sides !== 2) this.#scanner.fail("a book must have both sides");
    this.#require(event.last);
    return this.#finish(event);
  }

  #topOf(): TopEvent {
    const event = this.#top, { bid, bidQuantity, ask, askQuantity } = this.#ticker;
    Object.assign(event, { bid, bidQuantity, ask, askQuantity });
    return this.#finishTop(event);
  }

  #tickerOf(): TickerEvent {
    const { underlyingPrice, indexPrice, markPrice, markVolatility, delta, gamma, vega, theta, rho } = this.#ticker;
    this.#require(underlyingPrice + indexPrice + markPrice + markVolatility + delta + gamma + vega + theta + rho);
    if (!(underlyingPrice > 0 && underlyingPrice <= MOST_DOLLARS)) {
      this.#scanner.fail(`an underlying price must be above 0 and up to ${MOST_DOLLARS}`);
    }
    if (!(markPrice >= 0 && markPrice * underlyingPrice <= MOST_DOLLARS)) {
      this.#scanner.fail(`a mark price must be worth 0 to ${MOST_DOLLARS} dollars`);
    }
    if (markVolatility < 0) this.#scanner.fail("a volatility must not be negative");
    return this.#finishTop(this.#ticker);
  }

  #finishTop<E extends TopEvent | TickerEvent>(event: E): E {
    if (Math.min(event.bidQuantity, event.askQuantity) < 0) this.#scanner.fail("quantities must not be negative");
    this.#lowest = Math.min(event.bid, event.ask);
    return this.#finish(event);
  }

  #finish<E extends MarketEvent>(event: E): E {
    const instrument = this.#instrument;
    if (instrument === -1) this.#scanner.fail("a message must name its instrument");
    if (this.#lowest < 0 && !mayBeNegative(this.#instruments.at(instrument))) {
      this.#scanner.fail("prices must not be negative, but those of combos");
    }
    event.instrument = instrument;
    event.exchangeMs = this.#require(this.#exchangeMs);
    this.#instruments.note(instrument, this.#priceDigits, this.#quantityDigits);
    return event;
  }

  #readPrice(): number {
    const scanner = this.#scanner, price = scanner.decimal();
    if (price === price && scanner.digits > this.#priceDigits) this.#priceDigits = scanner.digits;
    return price;
  }

  #readQuantity(): number {
    const scanner = this.#scanner, quantity = scanner.decimal();
    if (quantity === quantity && scanner.digits > this.#quantityDigits) this.#quantityDigits = scanner.digits;
    return quantity;
  }

  #require(value: number): number {
    if (value !== value) this.#scanner.fail(INCOMPLETE);
    return value;
  }

  #forget(): void {
    this.#trades.forget();
    this.#channel = [];
    this.#other = "";
    this.#instrument = this.#type = -1;
    this.#exchangeMs = this.#last = this.#previous = NaN;
    this.#sides = 0;
    this.#hasGreeks = false;
    this.#lowest = this.#priceDigits = this.#quantityDigits = 0;
    const ticker = this.#ticker;
    ticker.bid =
      ticker.bidQuantity =
      ticker.ask =
      ticker.askQuantity =
        0;
    ticker.underlyingPrice =
      ticker.indexPrice =
      ticker.markPrice =
      ticker.markVolatility =
        NaN;
    ticker.delta =
      ticker.gamma =
      ticker.vega =
      ticker.theta =
      ticker.rho =
        NaN;
  }
}

/** There is no bid: the exchange says null, or 0. */
function orZero(value: number): number {
  return value === value ? value : 0;
}
