import { type DepthEvent, depthEvent, type MarketEvent, type TickerEvent, tickerEvent } from "./events.ts";
import { mayBeNegative } from "../instrument/instrument_model.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";
import type { Levels } from "./levels.ts";

const MESSAGE = names("params");
const PARAMS = names("data");
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

/** Reads the messages of Deribit about options: books and tickers with greeks, in any order of their members. */
export class DeribitParser {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #depth: DepthEvent = depthEvent();
  readonly #ticker: TickerEvent = tickerEvent();
  #instrument = -1;
  #exchangeMs = NaN;
  #type = -1;
  #last = NaN;
  #previous = NaN;
  #sides = 0;
  #hasGreeks = false;
  /** The lowest price of the message. */
  #lowest = 0;

  /** @param scanner Stands at the message when `parse` is called. */
  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
  }

  /**
   * Reads a message.
   *
   * @returns Undefined if it is of another kind.
   * @throws {SyntaxError} If it is broken, or lacks something.
   */
  parse(): MarketEvent | undefined {
    const scanner = this.#scanner;
    this.#forget();
    if (scanner.beginObject()) {
      do {
        if (scanner.key(MESSAGE) === 0) this.#readParams();
        else scanner.skip();
      } while (scanner.inObject());
    }
    scanner.end();
    if (this.#hasGreeks) return this.#tickerOf();
    return this.#type === -1 ? undefined : this.#book();
  }

  #readParams(): void {
    const scanner = this.#scanner;
    if (!scanner.beginObject()) return;
    do {
      if (scanner.key(PARAMS) !== 0 || scanner.isArray) scanner.skip();
      else this.#readData();
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
          ticker.bid = orZero(scanner.decimal());
          break;
        case 9:
          ticker.bidQuantity = orZero(scanner.decimal());
          break;
        case 10:
          ticker.ask = orZero(scanner.decimal());
          break;
        case 11:
          ticker.askQuantity = orZero(scanner.decimal());
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

  /** Reads `[["new",price,quantity], …]`. */
  #readLevels(levels: Levels): void {
    const scanner = this.#scanner;
    levels.clear();
    if (!scanner.beginArray()) return;
    do {
      if (!scanner.beginArray()) scanner.fail("a level must have an action");
      const action = scanner.word(ACTIONS);
      if (action === -1 || !scanner.inArray()) scanner.fail("a level must have a known action and a price");
      const price = scanner.decimal();
      if (!scanner.inArray()) scanner.fail("a level must have a quantity");
      const quantity = scanner.decimal();
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

  #book(): DepthEvent {
    const event = this.#depth;
    event.isSnapshot = this.#type === 0;
    event.last = this.#last;
    event.previous = event.isSnapshot ? this.#last : this.#previous;
    event.first = event.isSnapshot ? this.#last : this.#previous + 1;
    if (this.#sides !== 2) this.#scanner.fail("a book must have both sides");
    this.#require(event.last + event.previous);
    return this.#finish(event);
  }

  #tickerOf(): TickerEvent {
    const { underlyingPrice, indexPrice, markPrice, markVolatility, delta, gamma, vega, theta, rho } = this.#ticker;
    const { bid, bidQuantity, ask, askQuantity } = this.#ticker;
    this.#require(underlyingPrice + indexPrice + markPrice + markVolatility + delta + gamma + vega + theta + rho);
    if (!(underlyingPrice > 0 && underlyingPrice <= MOST_DOLLARS)) {
      this.#scanner.fail(`an underlying price must be above 0 and up to ${MOST_DOLLARS}`);
    }
    if (!(markPrice >= 0 && markPrice * underlyingPrice <= MOST_DOLLARS)) {
      this.#scanner.fail(`a mark price must be worth 0 to ${MOST_DOLLARS} dollars`);
    }
    if (markVolatility < 0) this.#scanner.fail("a volatility must not be negative");
    if (Math.min(bidQuantity, askQuantity) < 0) this.#scanner.fail("quantities must not be negative");
    this.#lowest = Math.min(bid, ask);
    return this.#finish(this.#ticker);
  }

  #finish<E extends MarketEvent>(event: E): E {
    if (this.#instrument === -1) this.#scanner.fail("a message must name its instrument");
    if (this.#lowest < 0 && !mayBeNegative(this.#instruments.at(this.#instrument))) {
      this.#scanner.fail("prices must not be negative, but those of combos");
    }
    event.instrument = this.#instrument;
    event.exchangeMs = this.#require(this.#exchangeMs);
    return event;
  }

  #require(value: number): number {
    if (value !== value) this.#scanner.fail("a message must have all its members");
    return value;
  }

  #forget(): void {
    this.#instrument = this.#type = -1;
    this.#exchangeMs = this.#last = this.#previous = NaN;
    this.#sides = 0;
    this.#hasGreeks = false;
    this.#lowest = 0;
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

/** Nobody bids: the exchange says null, or 0. */
function orZero(value: number): number {
  return value === value ? value : 0;
}
