import type { Venue } from "../instrument/instrument_model.ts";
import { BinanceMessage, TYPES } from "./binance_message.ts";
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
import type { JsonScanner } from "./json_scanner.ts";
import { SequenceRanges } from "./sequence_ranges.ts";

const [DEPTH, TICKER, TRADE, AGGREGATE] = TYPES.keys();

/** What is wrong with a snapshot that is given up. */
export const NOBODY =
  "a snapshot without a symbol must lie within a change of an instrument's, or come before one that follows it";

/** What is known of a message from where it comes. */
export interface BinanceOrigin {
  readonly venue?: Venue;
  /** Of what a request for a snapshot asked for. */
  readonly symbol?: string;
  /** How many levels a side it asked for. */
  readonly limit?: number;
  /** Whether depth of streams without a wrapper is the best few levels. */
  readonly isPartial?: boolean;
}

/**
 * Reads the messages of Binance's futures and spot market: depth updates, partial depth, book tickers, trades,
 * aggregate trades, and the snapshots of its REST interfaces.
 *
 * - A depth update of futures names the one before it (`pu`); one of the spot market follows if its first number (`U`)
 *   does.
 * - A snapshot that bears no name belongs to the instrument within whose changes its sequence number lies; if there is
 *   none, it is held back until a change comes that follows it.
 */
export class BinanceParser {
  /** Whether the last line is a snapshot that is held back. */
  isHeld = false;
  readonly #scanner: JsonScanner;
  readonly #instruments: Instruments;
  readonly #depth: DepthEvent = depthEvent();
  readonly #top: TopEvent = topEvent();
  readonly #trade: TradeEvent = tradeEvent();
  readonly #message: BinanceMessage;
  readonly #ranges = new SequenceRanges();
  /** A snapshot without a known instrument. */
  #held: DepthEvent | undefined;
  /** What the last line holds besides the event that was returned. */
  #second: MarketEvent | undefined;
  /** Where the last message that reported it came from. */
  #venue: Venue | undefined;

  /** @param scanner Stands at the message when `parse` is called. */
  constructor(scanner: JsonScanner, instruments: Instruments) {
    this.#scanner = scanner;
    this.#instruments = instruments;
    this.#message = new BinanceMessage(scanner, this.#depth.bids, this.#depth.asks);
    this.#depth.topsBy = "sequence";
  }

  /**
   * Reads a message.
   *
   * @returns What it is instead if it is of a kind that is not read; undefined if it is held back.
   * @throws {LineError} If it is broken, or lacks something.
   */
  parse(origin: BinanceOrigin = {}): MarketEvent | string | undefined {
    const message = this.#message;
    this.#second = undefined;
    this.isHeld = false;
    message.read();
    switch (message.type) {
      case DEPTH:
        return this.#update(origin);
      case TRADE:
      case AGGREGATE:
        return this.#tradeOf(origin);
      case TICKER:
        return this.#bookTicker();
    }
    if (message.lastUpdateId === message.lastUpdateId) return this.#snapshot(origin);
    if (message.other !== "") return `Binance: ${message.other}`;
    // The spot market's book ticker does not say what it is.
    if (message.last === message.last && message.bid === message.bid) return this.#bookTicker();
    return `Binance: ${
      message.stream === "" ? "a message without a type" : `stream ${message.stream.replace(/^[^@]*@/, "@")}`
    }`;
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

  #update(origin: BinanceOrigin): DepthEvent {
    const event = this.#depth, message = this.#message;
    const isOfFutures = message.isOfFutures || message.transactionMs === message.transactionMs;
    event.first = this.#require(message.first);
    event.last = this.#require(message.last);
    event.previous = isOfFutures ? this.#require(message.previous) : event.first - 1;
    this.#finishDepth(message.isPartial || (message.stream === "" && origin.isPartial === true));
    event.instrument = this.#nameOf(isOfFutures ? "binanceFutures" : "binanceSpot");
    if (event.isPartial) return event;
    const held = this.#held;
    this.#ranges.note(event.instrument, event.first, event.last, priceOf(event));
    if (held === undefined || !followsSnapshot(event, held) || !this.#ranges.isNear(event.instrument, priceOf(held))) {
      return event;
    }
    this.#held = undefined;
    this.#second = event;
    held.instrument = event.instrument;
    return held;
  }

  #snapshot({ venue, symbol, limit, isPartial }: BinanceOrigin): DepthEvent | undefined {
    const event = this.#depth, message = this.#message;
    const isOfStream = message.isPartial || isPartial === true, [streamSymbol] = message.stream.split("@");
    event.first = event.previous = event.last = message.lastUpdateId;
    this.#finishDepth(isOfStream);
    event.isSnapshot = true;
    event.exchangeMs = message.transactionMs; // the other time is that of the answer
    limitKnown(event, limit);
    const market = venue ?? (message.transactionMs === message.transactionMs ? "binanceFutures" : "binanceSpot");
    if (message.hasSymbol) event.instrument = this.#nameOf(market);
    else if (symbol !== undefined) event.instrument = this.#instruments.add(symbol, market);
    else if (isOfStream && streamSymbol !== "") {
      event.instrument = this.#instruments.add(streamSymbol.toUpperCase(), market);
    } else return this.#snapshotOfSomebody();
    message.noteDigits(this.#instruments, event.instrument);
    return event;
  }

  #snapshotOfSomebody(): DepthEvent | undefined {
    const event = this.#depth, owners = this.#ranges.owners(event.last, priceOf(event));
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

  #finishDepth(isPartial: boolean): void {
    const event = this.#depth, message = this.#message, { transactionMs, eventMs } = message;
    if (!message.hasBids || !message.hasAsks) this.#scanner.fail(INCOMPLETE);
    event.isSnapshot = event.isPartial = isPartial;
    event.exchangeMs = transactionMs === transactionMs ? transactionMs : eventMs;
    limitKnown(event, undefined);
  }

  #bookTicker(): TopEvent {
    const event = this.#top, message = this.#message, { transactionMs, eventMs } = message;
    event.sequence = this.#require(message.last);
    event.bid = this.#require(message.bid);
    event.ask = this.#require(message.ask);
    event.bidQuantity = this.#require(message.bidQuantity);
    event.askQuantity = this.#require(message.askQuantity);
    if (Math.min(event.bid, event.ask, event.bidQuantity, event.askQuantity) < 0) {
      this.#scanner.fail("prices and quantities must not be negative");
    }
    event.exchangeMs = transactionMs === transactionMs ? transactionMs : eventMs;
    const isOfFutures = message.type === TICKER || event.exchangeMs === event.exchangeMs;
    event.instrument = this.#nameOf(isOfFutures ? "binanceFutures" : "binanceSpot");
    this.#ranges.note(event.instrument, event.sequence, event.sequence, event.bid);
    return event;
  }

  #tradeOf({ venue }: BinanceOrigin): TradeEvent {
    const event = this.#trade, message = this.#message, { isOfSpot, isOfFutures, transactionMs, eventMs } = message;
    event.id = this.#require(message.id);
    event.price = this.#require(message.price);
    event.quantity = this.#require(message.quantity);
    event.isTakerBuy = !message.isMakerBuy;
    event.isAggregate = message.type === AGGREGATE;
    // The exchange also sends trades with quantity 0.
    if (!(event.quantity > 0 && event.price > 0) && !(event.quantity === 0 && event.price >= 0)) {
      this.#scanner.fail("a trade must have a price and a quantity above 0");
    }
    event.exchangeMs = this.#require(transactionMs === transactionMs ? transactionMs : eventMs);
    event.instrument = this.#nameOf(
      isOfSpot ? "binanceSpot" : isOfFutures ? "binanceFutures" : venue ?? this.#venue ?? "binanceFutures",
    );
    return event;
  }

  #nameOf(venue: Venue): number {
    const message = this.#message;
    if (!message.hasSymbol) this.#scanner.fail("a message must name its instrument");
    this.#venue = venue;
    const instrument = this.#instruments.find(this.#scanner, message.symbolStart, message.symbolEnd, venue);
    message.noteDigits(this.#instruments, instrument);
    return instrument;
  }

  #require(value: number): number {
    if (value !== value) this.#scanner.fail(INCOMPLETE);
    return value;
  }
}

const INCOMPLETE = "a message must have all its members";

/** A side with as many levels as were asked for, or as a stream has, may continue beyond its last one. */
function limitKnown(event: DepthEvent, limit: number | undefined): void {
  event.knownBid = -Infinity;
  event.knownAsk = Infinity;
  if (!event.isSnapshot) return;
  const { bids, asks } = event;
  if (bids.length > 0 && !(bids.length < (limit ?? 0))) event.knownBid = bids.lowest;
  if (asks.length > 0 && !(asks.length < (limit ?? 0))) event.knownAsk = asks.highest;
}

/** The best reported price, or one near it; NaN if there is none. */
function priceOf({ bids, asks }: DepthEvent): number {
  let bid = NaN, ask = NaN;
  for (let i = 0; i < bids.length; i++) if (bids.quantities[i] > 0 && !(bids.prices[i] <= bid)) bid = bids.prices[i];
  for (let i = 0; i < asks.length; i++) if (asks.quantities[i] > 0 && !(asks.prices[i] >= ask)) ask = asks.prices[i];
  return bid > 0 ? bid : ask;
}
