/**
 * What a market reports, whether it comes from a capture or is made up. Sources fill the same objects over and over:
 * an event is good until the next one. Prices and quantities are decimals (`decimal.ts`).
 *
 * @module
 */
import { Levels } from "./levels.ts";

/** What all events have. */
export interface EventBase {
  /** Which instrument: its index in the source's {@linkcode Instruments}. */
  instrument: number;
  /** When the recorder got it: microseconds since 1970. */
  receivedUs: number;
  /** When the exchange says it happened: milliseconds since 1970; NaN if it does not say. */
  exchangeMs: number;
}

/** By what the best prices of a book can be compared with those that its exchange reports. */
export const TOPS_BY = ["nothing", "sequence", "time"] as const;

/** A change of an order book, or all of it. Quantities are absolute. */
export interface DepthEvent extends EventBase {
  readonly kind: "depth";
  /** Whether it is the whole book, or the best part of it. */
  isSnapshot: boolean;
  /** Whether it is one of many snapshots of the best few levels, of which each takes the place of the one before. */
  isPartial: boolean;
  /** By what the book can be compared after it. */
  topsBy: typeof TOPS_BY[number];
  /** The first sequence number it covers. */
  first: number;
  /** The last sequence number it covers. */
  last: number;
  /** The `last` of the change before it; NaN if changes have no numbers, and each follows the one in front of it. */
  previous: number;
  /** The lowest bid and the highest ask down to which a snapshot is complete; infinite if it is complete. */
  knownBid: number;
  knownAsk: number;
  /** What its exchange computes from the book after it; NaN for nothing. */
  checksum: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** The best bid and ask. A side without orders has price and quantity 0. */
export interface TopEvent extends EventBase {
  readonly kind: "top";
  /** Sequence number of the book it is the top of; NaN if it is that of its time. */
  sequence: number;
  bid: number;
  bidQuantity: number;
  ask: number;
  askQuantity: number;
}

/** A trade. */
export interface TradeEvent extends EventBase {
  readonly kind: "trade";
  /** Its number, or the last one if it stands for several; NaN if its exchange gives it none. */
  id: number;
  /** How many it stands for. */
  count: number;
  price: number;
  quantity: number;
  /** Whether the taker bought. */
  isTakerBuy: boolean;
  /**
   * Whether it stands for all trades of one order: those are reported again one by one elsewhere. Not handed on to the
   * desk.
   */
  isAggregate: boolean;
}

/** An option's state, as its exchange sees it. Volatilities are fractions: 0.8 is 80 %. */
export interface TickerEvent extends EventBase {
  readonly kind: "ticker";
  bid: number;
  bidQuantity: number;
  ask: number;
  askQuantity: number;
  /** Price of the future of the same expiry. */
  underlyingPrice: number;
  /** Price of the coin. */
  indexPrice: number;
  /** The exchange's own price, in coins. */
  markPrice: number;
  markVolatility: number;
  delta: number;
  gamma: number;
  /** For a change of the volatility by 0.01. */
  vega: number;
  /** For a day. */
  theta: number;
  /** For a change of the rate by 0.01. */
  rho: number;
}

/** Any event of a market. */
export type MarketEvent = DepthEvent | TopEvent | TradeEvent | TickerEvent;

/** The kinds of events. */
export const EVENT_KINDS = ["depth", "top", "trade", "ticker"] as const;

/** A kind of event. */
export type EventKind = typeof EVENT_KINDS[number];

/** An empty change. */
export function depthEvent(): DepthEvent {
  return {
    kind: "depth",
    instrument: 0,
    receivedUs: 0,
    exchangeMs: 0,
    isSnapshot: false,
    isPartial: false,
    topsBy: "nothing",
    first: 0,
    last: 0,
    previous: 0,
    knownBid: -Infinity,
    knownAsk: Infinity,
    checksum: NaN,
    bids: new Levels(),
    asks: new Levels(),
  };
}

/** Whether a change may be the first one after a snapshot: it begins right after it, or before and ends after. */
export function followsSnapshot({ previous, first, last }: DepthEvent, snapshot: DepthEvent): boolean {
  return previous === snapshot.last || (first <= snapshot.last && snapshot.last <= last);
}

/** A copy that outlives the next event. */
export function cloneDepth(event: DepthEvent): DepthEvent {
  const copy = { ...event, bids: new Levels(), asks: new Levels() };
  copy.bids.copyFrom(event.bids);
  copy.asks.copyFrom(event.asks);
  return copy;
}

/** An empty top of book. */
export function topEvent(): TopEvent {
  return {
    kind: "top",
    instrument: 0,
    receivedUs: 0,
    exchangeMs: 0,
    sequence: 0,
    bid: 0,
    bidQuantity: 0,
    ask: 0,
    askQuantity: 0,
  };
}

/** An empty trade. */
export function tradeEvent(): TradeEvent {
  return {
    kind: "trade",
    instrument: 0,
    receivedUs: 0,
    exchangeMs: 0,
    id: 0,
    count: 1,
    price: 0,
    quantity: 0,
    isTakerBuy: false,
    isAggregate: false,
  };
}

/** An empty ticker. */
export function tickerEvent(): TickerEvent {
  return {
    kind: "ticker",
    instrument: 0,
    receivedUs: 0,
    exchangeMs: 0,
    bid: 0,
    bidQuantity: 0,
    ask: 0,
    askQuantity: 0,
    underlyingPrice: 0,
    indexPrice: 0,
    markPrice: 0,
    markVolatility: 0,
    delta: 0,
    gamma: 0,
    vega: 0,
    theta: 0,
    rho: 0,
  };
}
