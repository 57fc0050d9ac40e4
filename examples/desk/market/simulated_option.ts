import { type DepthEvent, depthEvent, type MarketEvent, type TickerEvent, tickerEvent } from "../input/events.ts";
import { black76, emptyGreeks, YEAR_MS } from "../pricing/black76.ts";
import type { OptionTerms } from "../instrument/option_terms.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** A tick is 0.0005 coins, and a lot 0.1, as on Deribit. */
const TICKS = 2000, LOTS = 10;
/** Levels a side. */
const LEVELS = 5;
/** The smile: how much more volatility an option has that is far from the money, and how much more on the low side. */
const CURVATURE = 0.12, SKEW = -0.06;
/** Half of the spread: ticks, and a part of the price. */
const SPREAD_TICKS = 1, SPREAD_PART = 0.01;

/** Prices and quantities of a side, in ticks and lots. */
type Side = Map<number, number>;

/** A made-up option: a market maker quotes it around its Black-76 price, in coins, whenever it is asked to. */
export class SimulatedOption {
  readonly #instrument: number;
  readonly #option: OptionTerms;
  readonly #random: SeededRandom;
  readonly #depth: DepthEvent = depthEvent();
  readonly #ticker: TickerEvent = tickerEvent();
  readonly #greeks = emptyGreeks();
  #bids: Side = new Map();
  #asks: Side = new Map();
  #sequence = 0;
  #quotedMs = 0;

  /** @param instrument Its index. */
  constructor(instrument: number, option: OptionTerms, random: SeededRandom) {
    this.#instrument = instrument;
    this.#option = option;
    this.#random = random;
  }

  /**
   * Quotes anew; the first time all, then what changed. At most once in a millisecond, so that a time identifies a book
   * apart.
   *
   * @param index The coin's price.
   * @param forward That of the future of the same expiry.
   * @param level Volatility of an option at the money.
   * @param events The book's change and the ticker are added.
   */
  quote(index: number, forward: number, level: number, timeMs: number, events: MarketEvent[]): void {
    const { isCall, strike, expiryMs } = this.#option;
    const years = (expiryMs - timeMs) / YEAR_MS;
    if (years <= 0 || timeMs === this.#quotedMs) return;
    const distance = Math.log(strike / forward) / Math.sqrt(years);
    const smile = level + SKEW * distance + CURVATURE * distance * distance / (1 + Math.abs(distance));
    const volatility = Math.round(Math.max(smile, 0.1) * 10_000) / 10_000;
    const greeks = black76(this.#greeks, isCall, forward, strike, years, volatility);
    const mark = greeks.price / forward;
    const middle = mark * TICKS, half = SPREAD_TICKS + middle * SPREAD_PART;
    const bids = this.#side(Math.floor(middle - half), -1), asks = this.#side(Math.ceil(middle + half), 1);
    const { bids: bidChanges, asks: askChanges } = this.#depth;
    const isFirst = this.#sequence === 0;
    bidChanges.clear();
    askChanges.clear();
    noteChanges(this.#bids, bids, bidChanges);
    noteChanges(this.#asks, asks, askChanges);
    this.#bids = bids;
    this.#asks = asks;
    if (isFirst || bidChanges.length + askChanges.length > 0) events.push(this.#change(isFirst, timeMs));
    events.push(this.#tickerOf(index, forward, volatility, mark, timeMs));
    this.#quotedMs = timeMs;
  }

  #change(isSnapshot: boolean, timeMs: number): DepthEvent {
    const event = this.#depth;
    event.instrument = this.#instrument;
    event.exchangeMs = timeMs;
    event.isSnapshot = isSnapshot;
    event.topsBy = "time";
    event.previous = isSnapshot ? this.#sequence + 1 : this.#sequence;
    event.first = event.last = ++this.#sequence;
    return event;
  }

  #tickerOf(index: number, forward: number, volatility: number, mark: number, timeMs: number): TickerEvent {
    const event = this.#ticker;
    event.instrument = this.#instrument;
    event.exchangeMs = timeMs;
    const bid = Math.max(...this.#bids.keys(), 0), ask = this.#asks.size > 0 ? Math.min(...this.#asks.keys()) : 0;
    event.bid = bid / TICKS;
    event.bidQuantity = (this.#bids.get(bid) ?? 0) / LOTS;
    event.ask = ask / TICKS;
    event.askQuantity = (this.#asks.get(ask) ?? 0) / LOTS;
    event.underlyingPrice = forward;
    event.indexPrice = index;
    event.markPrice = mark;
    event.markVolatility = volatility;
    const { delta, gamma, vega, theta, rho } = this.#greeks;
    event.delta = delta;
    event.gamma = gamma;
    event.vega = vega;
    event.theta = theta;
    event.rho = rho;
    return event;
  }

  /** Levels from a price on, away from the middle; those at or below 0 are no prices. */
  #side(first: number, step: 1 | -1): Side {
    const side: Side = new Map();
    for (let price = first; side.size < LEVELS && price > 0; price += step * (1 + this.#random.below(3))) {
      side.set(price, 1 + this.#random.below(400));
    }
    return side;
  }
}

function noteChanges(before: Side, after: Side, changes: DepthEvent["bids"]): void {
  for (const price of before.keys()) if (!after.has(price)) changes.push(price / TICKS, 0);
  for (const [price, quantity] of after) {
    if (before.get(price) !== quantity) changes.push(price / TICKS, quantity / LOTS);
  }
}
