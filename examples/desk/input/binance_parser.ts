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
import type { Levels } from "./levels.ts";

const OUTER = names("stream", "data", "lastUpdateId", "bids", "asks", "T", "E");
const INNER = names("e", "s", "T", "E", "u", "U", "pu", "b", "a", "B", "A", "t", "p", "q", "m");
const TYPES = names("depthUpdate", "bookTicker", "trade");

/**
 * Reads the messages of Binance USDⓈ-M futures: depth updates, book tickers, trades, and the snapshots of its REST
 * interface, in any order of their members. A snapshot bears no name: it belongs to the instrument that the line before it
 * was about.
 */
export class BinanceParser {
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #depth: DepthEvent = depthEvent();
  readonly #top: TopEvent = topEvent();
  readonly #trade: TradeEvent = tradeEvent();
  /** The instrument of the line before; −1 at first. */
  #instrument = -1;
  #type = -1;
  #transactionMs = NaN;
  #eventMs = NaN;
  #last = NaN;
  #first = NaN;
  #previous = NaN;
  #bid = NaN;
  #ask = NaN;
  #bidQuantity = NaN;
  #askQuantity = NaN;
  #id = NaN;
  #price = NaN;
  #quantity = NaN;
  #isMakerBuy = false;
  #hasInstrument = false;

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
    let isSnapshot = false;
    if (scanner.beginObject()) {
      do {
        switch (scanner.key(OUTER)) {
          case 1:
            this.#readData();
            break;
          case 2:
            isSnapshot = true;
            this.#last = scanner.integer();
            break;
          case 3:
            this.#bid = readLevels(scanner, this.#depth.bids);
            break;
          case 4:
            this.#ask = readLevels(scanner, this.#depth.asks);
            break;
          case 5:
            this.#transactionMs = scanner.integer();
            break;
          case 6:
            this.#eventMs = scanner.integer();
            break;
          default:
            scanner.skip();
        }
      } while (scanner.inObject());
    }
    scanner.end();
    if (isSnapshot) return this.#snapshot();
    if (this.#type === -1) return undefined;
    if (!this.#hasInstrument) scanner.fail("a message must name its instrument");
    return this.#type === 0 ? this.#update() : this.#type === 1 ? this.#bookTicker() : this.#tradeOf();
  }

  /** The members are told apart by their names, and those of one name by what they hold. */
  #readData(): void {
    const scanner = this.#scanner;
    if (!scanner.beginObject()) return;
    do {
      switch (scanner.key(INNER)) {
        case 0:
          this.#type = scanner.word(TYPES);
          break;
        case 1:
          this.#instrument = -1; // a snapshot behind a name that cannot be one is nobody's
          this.#instrument = this.#instruments.read(scanner, "binanceFutures");
          this.#hasInstrument = true;
          break;
        case 2:
          this.#transactionMs = scanner.integer();
          break;
        case 3:
          this.#eventMs = scanner.integer();
          break;
        case 4:
          this.#last = scanner.integer();
          break;
        case 5:
          this.#first = scanner.integer();
          break;
        case 6:
          this.#previous = scanner.integer();
          break;
        case 7:
          this.#bid = scanner.isArray ? readLevels(scanner, this.#depth.bids) : scanner.scaled();
          break;
        case 8:
          this.#ask = scanner.isArray ? readLevels(scanner, this.#depth.asks) : scanner.scaled();
          break;
        case 9:
          this.#bidQuantity = scanner.scaled();
          break;
        case 10:
          this.#askQuantity = scanner.scaled();
          break;
        case 11:
          this.#id = scanner.integer();
          break;
        case 12:
          this.#price = scanner.scaled();
          break;
        case 13:
          this.#quantity = scanner.scaled();
          break;
        case 14:
          this.#isMakerBuy = scanner.boolean();
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  #snapshot(): DepthEvent {
    const event = this.#depth;
    if (this.#instrument === -1) this.#scanner.fail("a snapshot must follow a message that names its instrument");
    event.first = event.previous = this.#last;
    return this.#depthOf(true);
  }

  #update(): DepthEvent {
    this.#depth.first = this.#require(this.#first);
    this.#depth.previous = this.#require(this.#previous);
    return this.#depthOf(false);
  }

  #depthOf(isSnapshot: boolean): DepthEvent {
    const event = this.#depth;
    event.isSnapshot = isSnapshot;
    event.last = this.#require(this.#last);
    this.#require(this.#bid + this.#ask); // both sides were there
    return this.#finish(event);
  }

  #bookTicker(): TopEvent {
    const event = this.#top;
    event.sequence = this.#require(this.#last);
    event.bid = this.#require(this.#bid);
    event.ask = this.#require(this.#ask);
    event.bidQuantity = this.#require(this.#bidQuantity);
    event.askQuantity = this.#require(this.#askQuantity);
    if (Math.min(event.bid, event.ask, event.bidQuantity, event.askQuantity) < 0) {
      this.#scanner.fail("prices and quantities must not be negative");
    }
    return this.#finish(event);
  }

  #tradeOf(): TradeEvent {
    const event = this.#trade;
    event.id = this.#require(this.#id);
    event.price = this.#require(this.#price);
    event.quantity = this.#require(this.#quantity);
    event.isTakerBuy = !this.#isMakerBuy;
    // The exchange tells of trades of nothing for nothing, too.
    if (!(event.quantity > 0 && event.price > 0) && !(event.quantity === 0 && event.price >= 0)) {
      this.#scanner.fail("a trade must have a price and a quantity above 0");
    }
    return this.#finish(event);
  }

  #finish<E extends MarketEvent>(event: E): E {
    event.instrument = this.#instrument;
    const time = this.#transactionMs;
    event.exchangeMs = time === time ? time : this.#require(this.#eventMs);
    return event;
  }

  #require(value: number): number {
    if (value !== value) this.#scanner.fail("a message must have all its members");
    return value;
  }

  #forget(): void {
    this.#type = -1;
    this.#hasInstrument = false;
    this.#isMakerBuy = false;
    this.#transactionMs =
      this.#eventMs =
      this.#last =
      this.#first =
      this.#previous =
      this.#id =
        NaN;
    this.#bid =
      this.#ask =
      this.#bidQuantity =
      this.#askQuantity =
      this.#price =
      this.#quantity =
        NaN;
  }
}

/** Reads `[["price","quantity"], …]`; returns how many. */
function readLevels(scanner: JsonScanner, levels: Levels): number {
  levels.clear();
  if (!scanner.beginArray()) return 0;
  do {
    if (!scanner.beginArray()) scanner.fail("a level must have a price");
    const price = scanner.scaled();
    if (!scanner.inArray()) scanner.fail("a level must have a quantity");
    const quantity = scanner.scaled();
    if (scanner.inArray()) scanner.fail("a level must have no more than a price and a quantity");
    if (!(price >= 0 && quantity >= 0)) scanner.fail("prices and quantities must not be negative");
    levels.push(price, quantity);
  } while (scanner.inArray());
  return levels.length;
}
