/**
 * What the desk's processes share, besides books and histograms: rows of `LatestTable`s and records of queues. Prices and
 * quantities are scaled integers (`input/scaled.ts`); below 0 there are none, so they are a `uint64_t` in C. Times are
 * nanoseconds on the segment's clock.
 *
 * @module
 */
import { bool, enumeration, f64, i32, struct, u32, u53 } from "../../../mod.ts";

/** The best bid and ask of an instrument: a row each. */
export const QuoteRow = struct("QuoteRow", {
  bid: u53,
  bidQuantity: u53,
  ask: u53,
  askQuantity: u53,
  /** Sequence number of the book. */
  sequence: u53,
  /** When the feed wrote the event that made it. */
  fedAt: u53,
  writtenAt: u53,
  isValid: bool,
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
  /** When the feed wrote the event that set it off. */
  fedAt: u53,
  writtenAt: u53,
});

/** What is held of an instrument: a row each. */
export const PositionRow = struct("PositionRow", {
  /** Coins, or contracts; below 0, sold. */
  quantity: f64,
  averagePrice: f64,
  realised: f64,
  /** Id of the last order that is booked in it. */
  lastOrderId: u53,
});

/** An order for an instrument. */
export const OrderRecord = struct("OrderRecord", {
  id: u53,
  instrument: u32,
  side: enumeration("buy", "sell"),
  quantity: u53,
  price: u53,
  fedAt: u53,
  sentAt: u53,
});

/** What became of an order. */
export const OrderReport = struct("OrderReport", {
  id: u53,
  instrument: u32,
  outcome: enumeration("filled", "refused"),
  /** Below 0, sold. */
  quantity: f64,
  price: u53,
  fedAt: u53,
  reportedAt: u53,
});

/** The desk's limits, as `risk/limits.ts` has them, and the kill switch: one row, changed under a lock. */
export const LimitsRow = struct("LimitsRow", {
  delta: f64,
  vega: f64,
  loss: f64,
  marginUse: f64,
  collateral: f64,
  /** No order may go out. */
  isStopped: bool,
});

/** Where the desk stands: one row, written by risk. */
export const StandingRow = struct("StandingRow", {
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

/** What a process did: a row each, written by itself. */
export const CountersRow = struct("CountersRow", {
  pid: i32,
  /** How often it was started. */
  starts: u32,
  messages: u53,
  /** What was wrong with its input: broken lines, gaps, times that ran backwards. */
  faults: u53,
  /** Position in the channel it reads. */
  position: u53,
  /** How many messages it is behind. */
  lag: u53,
  /** When it was last ready to work: after a restart, what recovery ends with. */
  readyAt: u53,
  writtenAt: u53,
});
