import {
  type DepthEvent,
  depthEvent,
  EVENT_KINDS,
  type MarketEvent,
  type TickerEvent,
  tickerEvent,
  type TopEvent,
  topEvent,
  TOPS_BY,
  type TradeEvent,
  tradeEvent,
} from "./events.ts";
import type { Levels } from "./levels.ts";

/*
 * An event as doubles, to go through a channel: nothing of it is text, and integers up to 2^53 stay exact.
 *
 *     index  field
 *         0  kind: its index in EVENT_KINDS
 *         1  instrument
 *         2  received, microseconds since 1970
 *         3  at the exchange, milliseconds since 1970
 *         4  the fields of the kind, in the order in which `encode` writes them
 *
 * A depth event ends with the number of bids and of asks, then a price and a quantity for each; one with a checksum has
 * a third number for each, its digits.
 */
const HEAD = 4;
const DEPTH_HEAD: number = HEAD + 10;
const SNAPSHOT = 1, PARTIAL = 2;
const TICKER_LENGTH: number = HEAD + 13;

/** How many doubles an event takes. */
export function encodedLength(event: MarketEvent): number {
  switch (event.kind) {
    case "depth":
      return DEPTH_HEAD + widthOf(event.checksum) * (event.bids.length + event.asks.length);
    case "top":
      return HEAD + 5;
    case "trade":
      return HEAD + 5;
    case "ticker":
      return TICKER_LENGTH;
  }
}

/**
 * Writes an event.
 *
 * @param at Where it begins; it takes `encodedLength(event)` doubles.
 */
export function encode(event: MarketEvent, into: Float64Array, at: number): void {
  into[at] = EVENT_KINDS.indexOf(event.kind);
  into[at + 1] = event.instrument;
  into[at + 2] = event.receivedUs;
  into[at + 3] = event.exchangeMs;
  const rest = at + HEAD;
  switch (event.kind) {
    case "depth":
      into[rest] = (event.isSnapshot ? SNAPSHOT : 0) | (event.isPartial ? PARTIAL : 0);
      into[rest + 1] = TOPS_BY.indexOf(event.topsBy);
      into[rest + 2] = event.first;
      into[rest + 3] = event.last;
      into[rest + 4] = event.previous;
      into[rest + 5] = event.knownBid;
      into[rest + 6] = event.knownAsk;
      into[rest + 7] = event.checksum;
      into[rest + 8] = event.bids.length;
      into[rest + 9] = event.asks.length;
      writeDepth(event, into, at + DEPTH_HEAD);
      return;
    case "top":
      into[rest] = event.sequence;
      writeTop(event, into, rest + 1);
      return;
    case "trade":
      into[rest] = event.id;
      into[rest + 1] = event.price;
      into[rest + 2] = event.quantity;
      into[rest + 3] = event.isTakerBuy ? 1 : 0;
      into[rest + 4] = event.count;
      return;
    case "ticker":
      writeTop(event, into, rest);
      into[rest + 4] = event.underlyingPrice;
      into[rest + 5] = event.indexPrice;
      into[rest + 6] = event.markPrice;
      into[rest + 7] = event.markVolatility;
      into[rest + 8] = event.delta;
      into[rest + 9] = event.gamma;
      into[rest + 10] = event.vega;
      into[rest + 11] = event.theta;
      into[rest + 12] = event.rho;
  }
}

/** Reads what `encode` wrote, into events of its own. */
export class EventDecoder {
  readonly #depth: DepthEvent = depthEvent();
  readonly #top: TopEvent = topEvent();
  readonly #trade: TradeEvent = tradeEvent();
  readonly #ticker: TickerEvent = tickerEvent();

  /**
   * Reads an event.
   *
   * @param at Where it begins.
   * @returns The event, good until the next one of its kind.
   * @throws {RangeError} If there is none.
   */
  decode(from: Float64Array, at: number): MarketEvent {
    const event = this.#read(from, at, at + HEAD);
    event.instrument = from[at + 1];
    event.receivedUs = from[at + 2];
    event.exchangeMs = from[at + 3];
    return event;
  }

  #read(from: Float64Array, at: number, rest: number): MarketEvent {
    switch (EVENT_KINDS[from[at]]) {
      case "depth":
        return this.#readDepth(from, at, rest);
      case "top":
        this.#top.sequence = from[rest];
        return readTop(this.#top, from, rest + 1);
      case "trade":
        this.#trade.id = from[rest];
        this.#trade.price = from[rest + 1];
        this.#trade.quantity = from[rest + 2];
        this.#trade.isTakerBuy = from[rest + 3] === 1;
        this.#trade.count = from[rest + 4];
        return this.#trade;
      case "ticker":
        return this.#readTicker(from, rest);
      default:
        throw new RangeError(
          `Cannot decode an event as its kind must be from 0 to ${EVENT_KINDS.length - 1}: found ${from[at]}`,
        );
    }
  }

  #readDepth(from: Float64Array, at: number, rest: number): DepthEvent {
    const event = this.#depth, bids = from[rest + 8], asks = from[rest + 9], width = widthOf(from[rest + 7]);
    const end = at + DEPTH_HEAD + width * (bids + asks);
    if (!(bids >= 0 && asks >= 0 && end <= from.length)) {
      throw new RangeError(`Cannot decode an event as it must end at ${from.length}: found its end at ${end}`);
    }
    event.isSnapshot = (from[rest] & SNAPSHOT) !== 0;
    event.isPartial = (from[rest] & PARTIAL) !== 0;
    event.topsBy = TOPS_BY[from[rest + 1]];
    event.first = from[rest + 2];
    event.last = from[rest + 3];
    event.previous = from[rest + 4];
    event.knownBid = from[rest + 5];
    event.knownAsk = from[rest + 6];
    event.checksum = from[rest + 7];
    readLevels(event.bids, from, at + DEPTH_HEAD, bids, width);
    readLevels(event.asks, from, at + DEPTH_HEAD + width * bids, asks, width);
    return event;
  }

  #readTicker(from: Float64Array, rest: number): TickerEvent {
    const event = readTop(this.#ticker, from, rest);
    event.underlyingPrice = from[rest + 4];
    event.indexPrice = from[rest + 5];
    event.markPrice = from[rest + 6];
    event.markVolatility = from[rest + 7];
    event.delta = from[rest + 8];
    event.gamma = from[rest + 9];
    event.vega = from[rest + 10];
    event.theta = from[rest + 11];
    event.rho = from[rest + 12];
    return event;
  }
}

/** Doubles of a level: digits are needed for a checksum only. */
function widthOf(checksum: number): number {
  return checksum === checksum ? 3 : 2;
}

function writeDepth({ bids, asks, checksum }: DepthEvent, into: Float64Array, at: number): void {
  const width = widthOf(checksum);
  writeLevels(bids, into, at, width);
  writeLevels(asks, into, at + width * bids.length, width);
}

function writeLevels(
  { prices, quantities, digits, length }: Levels,
  into: Float64Array,
  at: number,
  width: number,
): void {
  for (let i = 0; i < length; i++, at += width) {
    into[at] = prices[i];
    into[at + 1] = quantities[i];
    if (width === 3) into[at + 2] = digits[i];
  }
}

function readLevels(levels: Levels, from: Float64Array, at: number, count: number, width: number): void {
  levels.clear();
  for (let i = 0; i < count; i++, at += width) {
    levels.push(from[at], from[at + 1], width === 3 ? from[at + 2] : 0);
  }
}

function writeTop(event: TopEvent | TickerEvent, into: Float64Array, at: number): void {
  into[at] = event.bid;
  into[at + 1] = event.bidQuantity;
  into[at + 2] = event.ask;
  into[at + 3] = event.askQuantity;
}

function readTop<E extends TopEvent | TickerEvent>(event: E, from: Float64Array, at: number): E {
  event.bid = from[at];
  event.bidQuantity = from[at + 1];
  event.ask = from[at + 2];
  event.askQuantity = from[at + 3];
  return event;
}
