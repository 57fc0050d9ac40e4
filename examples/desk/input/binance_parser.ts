import {
  cloneDepth,
  type DepthEvent,
  depthEvent,
  followsSnapshot,
  type MarketEvent,
  type TopEvent,
  topEvent,
  type TradeEvent,
  tradeEvent,
} from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { type JsonScanner, names } from "./json_scanner.ts";
import type { Levels } from "./levels.ts";
import { SequenceRanges } from "./sequence_ranges.ts";

const OUTER = names("stream", "data", "lastUpdateId", "bids", "asks", "T", "E", "symbol");
const INNER = names("e", "s", "T", "E", "u", "U", "pu", "b", "a", "B", "A", "t", "p", "q", "m");
const TYPES = names("depthUpdate", "bookTicker", "trade");

/** What is wrong with a snapshot that is given up. */
export const NOBODY =
  "a snapshot without a symbol must lie within a change of an instrument's, or come before one that follows it";

/**
 * Reads the messages of Binance USDⓈ-M futures: depth updates, book tickers, trades, and the snapshots of its REST
 * interface, in any order of their members. A snapshot that bears no name belongs to the instrument within whose changes its
 * sequence number lies; if there is none, it is held back until a change comes that follows it.
 */
export class BinanceParser {
  /** Whether the last line is a snapshot that is held back. */
  isHeld = false;
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #depth: DepthEvent = depthEvent();
  readonly #top: TopEvent = topEvent();
  readonly #trade: TradeEvent = tradeEvent();
  readonly #ranges = new SequenceRanges();
  /** A snapshot that nobody was found for. */
  #held: DepthEvent | undefined;
  /** What the last line holds besides the event that was returned. */
  #second: MarketEvent | undefined;
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
  /** The most digits behind the point in the message. */
  #priceDigits = 0;
  #quantityDigits = 0;

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
    this.#second = undefined;
    this.isHeld = false;
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
            this.#bid = this.#readLevels(this.#depth.bids);
            break;
          case 4:
            this.#ask = this.#readLevels(this.#depth.asks);
            break;
          case 5:
            this.#transactionMs = scanner.integer();
            break;
          case 6:
            this.#eventMs = scanner.integer();
            break;
          case 7:
            this.#instrument = this.#instruments.read(scanner, "binanceFutures");
            this.#hasInstrument = true;
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
          this.#bid = scanner.isArray ? this.#readLevels(this.#depth.bids) : this.#readPrice();
          break;
        case 8:
          this.#ask = scanner.isArray ? this.#readLevels(this.#depth.asks) : this.#readPrice();
          break;
        case 9:
          this.#bidQuantity = this.#readQuantity();
          break;
        case 10:
          this.#askQuantity = this.#readQuantity();
          break;
        case 11:
          this.#id = scanner.integer();
          break;
        case 12:
          this.#price = this.#readPrice();
          break;
        case 13:
          this.#quantity = this.#readQuantity();
          break;
        case 14:
          this.#isMakerBuy = scanner.boolean();
          break;
        default:
          scanner.skip();
      }
    } while (scanner.inObject());
  }

  /** The rest of what the last line holds. */
  more(): MarketEvent | undefined {
    const event = this.#second;
    this.#second = undefined;
    return event;
  }

  /** Gives up the snapshot that is held back. @returns Whether there is one. */
  releaseSnapshot(): boolean {
    const isHeld = this.#held !== undefined;
    this.#held = undefined;
    return isHeld;
  }

  #snapshot(): DepthEvent | undefined {
    const event = this.#depth;
    event.first = event.previous = this.#last;
    if (this.#hasInstrument) return this.#depthOf(true);
    this.#instrument = -1;
    this.#depthOf(true); // whoever's it is, it is a whole one
    const owners = this.#ranges.owners(event.last, priceOf(event));
    if (owners.length > 1) this.#scanner.fail("a snapshot without a symbol must fit one instrument's sequence numbers");
    if (owners.length === 1) {
      event.instrument = owners[0];
      return event;
    }
    const isSecond = this.#held !== undefined;
    this.#held = cloneDepth(event);
    if (isSecond) this.#scanner.fail(NOBODY); // the one before
    this.isHeld = true;
    return undefined;
  }

  #update(): DepthEvent {
    this.#depth.first = this.#require(this.#first);
    this.#depth.previous = this.#require(this.#previous);
    const event = this.#depthOf(false), held = this.#held;
    this.#ranges.note(event.instrument, event.first, event.last, priceOf(event));
    if (held === undefined || !followsSnapshot(event, held) || !this.#ranges.isNear(event.instrument, priceOf(held))) {
      return event;
    }
    this.#held = undefined;
    this.#second = event;
    held.instrument = event.instrument;
    return held;
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
    this.#ranges.note(this.#instrument, event.sequence, event.sequence, this.#bid);
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

  /** Reads `[["price","quantity"], …]`; returns how many. */
  #readLevels(levels: Levels): number {
    const scanner = this.#scanner;
    levels.clear();
    if (!scanner.beginArray()) return 0;
    do {
      if (!scanner.beginArray()) scanner.fail("a level must have a price");
      const price = this.#readPrice();
      if (!scanner.inArray()) scanner.fail("a level must have a quantity");
      const quantity = this.#readQuantity();
      if (scanner.inArray()) scanner.fail("a level must have no more than a price and a quantity");
      if (!(price >= 0 && quantity >= 0)) scanner.fail("prices and quantities must not be negative");
      levels.push(price, quantity);
    } while (scanner.inArray());
    return levels.length;
  }

  #readPrice(): number {
    const scanner = this.#scanner, price = scanner.decimal();
    if (scanner.digits > this.#priceDigits) this.#priceDigits = scanner.digits;
    return price;
  }

  #readQuantity(): number {
    const scanner = this.#scanner, quantity = scanner.decimal();
    if (scanner.digits > this.#quantityDigits) this.#quantityDigits = scanner.digits;
    return quantity;
  }

  #finish<E extends MarketEvent>(event: E): E {
    event.instrument = this.#instrument;
    if (this.#instrument !== -1) this.#instruments.note(this.#instrument, this.#priceDigits, this.#quantityDigits);
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
    this.#priceDigits = this.#quantityDigits = 0;
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

/** The best price that is told, or one near it; NaN if none is. */
function priceOf({ bids, asks }: DepthEvent): number {
  let bid = NaN, ask = NaN;
  for (let i = 0; i < bids.length; i++) if (bids.quantities[i] > 0 && !(bids.prices[i] <= bid)) bid = bids.prices[i];
  for (let i = 0; i < asks.length; i++) if (asks.quantities[i] > 0 && !(asks.prices[i] >= ask)) ask = asks.prices[i];
  return bid > 0 ? bid : ask;
}
