/**
 * What the desk's processes share, besides books and histograms: rows of `LatestTable`s and records of queues. Prices
 * and quantities are decimals (`input/decimal.ts`). Times are
 * nanoseconds on the segment's clock.
 *
 * @module
 */
import { bool, chars, enumeration, f64, i32, struct, u32, u53, u8 } from "../../../mod.ts";
import { MAX_NAME_BYTES } from "../input/instruments.ts";
import { INSTRUMENT_KINDS, VENUES } from "../instrument/instrument_model.ts";
import { ORDER_OUTCOMES } from "./order_outcomes.ts";
import { EXAMPLE_BYTES, REASON_BYTES } from "./reason_bytes.ts";

/** The best bid and ask of an instrument: a row each. An empty side has quantity 0. */
export const QuoteRow = struct("QuoteRow", {
  bid: f64,
  bidQuantity: f64,
  ask: f64,
  askQuantity: f64,
  /** Sequence number of the book. */
  sequence: u53,
  /** When the feed wrote the event that made it. */
  fedAt: u53,
  writtenAt: u53,
  isValid: bool,
  /** Whether the best bid, and the best ask, is known to be it. */
  isBidKnown: bool,
  isAskKnown: bool,
});

/** An option's theoretical price and greeks, in dollars, and what its exchange says: a row each. */
export const GreeksRow = struct("GreeksRow", {
  price: f64,
  delta: f64,
  gamma: f64,
  vega: f64,
  theta: f64,
  rho: f64,
  /** What it was priced with. */
  forward: f64,
  volatility: f64,
  /** The exchange's time: milliseconds since 1970. */
  timeMs: f64,
  /** The hedging future's price then; 0 if there was none. */
  underlying: f64,
  /** What its exchange says it is worth, in dollars. */
  mark: f64,
  /** When the feed wrote the event that set it off. */
  fedAt: u53,
  writtenAt: u53,
});

/**
 * What an instrument is (`instrument/instrument_model.ts`), a row each, found by what it is called here; rows are in
 * the order in which the feed met them. Written before its first event. A number that is not known is NaN; of digits,
 * 255.
 */
export const InstrumentRow = struct("InstrumentRow", {
  name: chars(MAX_NAME_BYTES),
  base: chars(16),
  settlement: chars(16),
  quote: chars(8),
  contractSize: f64,
  expiryMs: f64,
  strike: f64,
  lot: f64,
  venue: enumeration(...VENUES),
  kind: enumeration(...INSTRUMENT_KINDS),
  isCall: bool,
  priceDigits: u8,
  quantityDigits: u8,
});

/**
 * What is held of an instrument: a row each. What was booked last is published with the quantity, by one store: so a
 * successor knows what it has to book, and a reader which orders the quantity holds already.
 */
export const PositionRow = struct("PositionRow", {
  /** What is held, exactly, without its point; below 0, sold. */
  units: f64,
  /** In dollars. */
  averagePrice: f64,
  /** In dollars; of an inverse future or perpetual, in coins. */
  realised: f64,
  /** Number of the event that was booked last; 0 for none. */
  lastEvent: u53,
  /** Id of the order that was booked, or refused, last; 0 for none. */
  lastOrderId: u53,
  /** What became of that order. */
  lastOutcome: enumeration(...ORDER_OUTCOMES),
  /** Its price. */
  lastPrice: f64,
  /** Digits of `units` after the point: then it is in the venue's units. */
  digits: u8,
});

/** An order for an instrument: hedging writes it, risk writes what became of it. */
export const OrderRecord = struct("OrderRecord", {
  /** The order's number in its channel, from 1: so it is never given twice. */
  id: u53,
  instrument: u32,
  side: enumeration("buy", "sell"),
  /** By risk. */
  outcome: enumeration(...ORDER_OUTCOMES),
  quantity: f64,
  /** By risk: at which it was filled. */
  price: f64,
  /** When the feed wrote the event that set it off. */
  fedAt: u53,
  sentAt: u53,
  /** By risk. */
  decidedAt: u53,
});

/** An order that was sent, by id modulo the rows: a successor of hedging finds here what is under way. */
export const SentOrderRow = struct("SentOrderRow", {
  id: u53,
  /** How many coins it moves like; below 0, sold. */
  coins: f64,
});

/** The desk's limits, as `risk/limits.ts` has them, and the kill switch: under a lock. */
export const LimitsRecord = struct("LimitsRecord", {
  delta: f64,
  vega: f64,
  loss: f64,
  marginUse: f64,
  collateral: f64,
  /** When orders were stopped; 0 for not at all. */
  stoppedAt: u53,
  /** No order may go out. */
  isStopped: bool,
});

/** Where the desk stands: one row, written by risk. */
export const StandingRow = struct("StandingRow", {
  /** Of the coin that is furthest off, in its coins. */
  delta: f64,
  vega: f64,
  profit: f64,
  equity: f64,
  initialMargin: f64,
  maintenanceMargin: f64,
  /** Bits by index in `BREACHES` of `risk/limits.ts`. */
  breaches: u32,
  writtenAt: u53,
});

/** What a process is: a row each, written by itself. What it did is in counters. */
export const ProcessRow = struct("ProcessRow", {
  /** What it runs on; version, as far as there is room. */
  runtime: enumeration("bun", "deno"),
  version: chars(24),
  pid: i32,
  /** When it was last ready to work: after a restart, what recovery ends with. */
  readyAt: u53,
  writtenAt: u53,
});

/** How far the feed is: one row, written before each publication. */
export const FeedProgressRow = struct("FeedProgressRow", {
  /** Events published once the publication is done. */
  events: u53,
  /** Events published before it. */
  eventsBefore: u53,
  /** The channel's position before it: a successor compares it with the channel, and so knows whether it was done. */
  position: u32,
});

/** What the feed found in its input: one row. */
export const FeedReportRow = struct("FeedReportRow", {
  /** When the first event was due: a successor replays by the same clock. */
  startedAt: u53,
  /** When the last event was published; 0 before. */
  endedAt: u53,
  events: u53,
  lines: u53,
  skipped: u53,
  broken: u53,
  receivedBackwards: u53,
  exchangeBackwards: u53,
  /** Times that jumped ahead by more than an hour. */
  jumps: u53,
  /** Events of instruments that found no room. */
  refused: u53,
  /** Trades that were left out, as another stream has them, too. */
  repeatedTrades: u53,
  /** Definitions of instruments that came too late, and say something else than what was taken for right. */
  lateDefinitions: u53,
  /** Sources that came to their end without an event. */
  empty: u32,
  /** Whether the source came to its end. */
  isComplete: bool,
});

/** Why lines of the input hold no event, or what is unusual about a file: a row each, as they were first seen. */
export const ReasonRow = struct("ReasonRow", {
  count: u53,
  /** Lines that are of no use, lines that cannot be read, or a remark. */
  kind: enumeration("skipped", "broken", "remark"),
  reason: chars(REASON_BYTES),
});

/** The first line of a reason: a row each. */
export const ReasonExampleRow = struct("ReasonExampleRow", {
  /** Its file, its number, and its beginning. */
  text: chars(EXAMPLE_BYTES),
});

/** What the supervisor asks of all: one row. */
export const ControlRow = struct("ControlRow", {
  /** Wait, replay, replay no more but finish what was begun, or end. */
  phase: enumeration("wait", "run", "settle", "end"),
  /** How to wait for events. */
  wait: enumeration("block", "yield", "spin"),
});
