import { depthEvent, type MarketEvent, type TopEvent, topEvent, type TradeEvent, tradeEvent } from "../input/events.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { SimulatedSide } from "./simulated_side.ts";

/** A tick is 0.1 dollars, and a lot 0.001 coins, as with BTCUSDT. */
const TICKS = 10, LOTS = 1000;

/** Levels that a side has at first, and that it is kept near. */
const LEVELS = 500;
/** A side with fewer gets no cancellations and no large market orders. */
const FEWEST = 50;
/** Ticks from the best price, on average, at which limit orders come in. */
const DISTANCE = 25;
/** How often orders are limit orders and market orders; the rest are cancellations. */
const LIMIT = 0.5, MARKET = 0.12;
/** Lots of an order, on average. */
const SIZE = 60;
/**
 * Deviation of the value per square root of a second, in ticks, and how far off it the price is when nearly all push it
 * back.
 */
const WANDER = 64, PULL = 60;

/**
 * A made-up perpetual future: limit orders, cancellations and market orders meet in a book, and which side is hit leans
 * towards a hidden value that wanders. Prices and quantities come in ticks and lots, so all is exact.
 *
 * Source of the model: E. Smith, J. D. Farmer et al., "Statistical theory of the continuous double auction" (2003).
 */
export class SimulatedFuture {
  readonly #instrument: number;
  readonly #random: SeededRandom;
  readonly #bids = new SimulatedSide(1, TICKS, LOTS);
  readonly #asks = new SimulatedSide(-1, TICKS, LOTS);
  readonly #depth = depthEvent();
  readonly #top: TopEvent = topEvent();
  readonly #trades: TradeEvent[] = [];
  #value: number;
  #sequence = 1_000_000;
  #tradeId = 1_000_000;

  /**
   * @param instrument Its index.
   * @param price Where it begins, in dollars.
   */
  constructor(instrument: number, random: SeededRandom, price: number) {
    this.#instrument = instrument;
    this.#random = random;
    this.#value = Math.round(price * TICKS);
    const { bids, asks } = this.#depth;
    for (let i = 1; i <= LEVELS; i++) {
      this.#bids.add(this.#value - i, this.#size(), bids);
      this.#asks.add(this.#value + i, this.#size(), asks);
    }
  }

  /** The middle of the best prices, in dollars. */
  get middle(): number {
    return (this.#bids.best + this.#asks.best) / 2 / TICKS;
  }

  /** Adds the whole book, and its top, to what happened. */
  begin(timeMs: number, events: MarketEvent[]): void {
    this.#bids.writeTo(this.#depth.bids);
    this.#asks.writeTo(this.#depth.asks);
    this.#addDepth(true, timeMs, events);
    this.#addTop(timeMs, events);
  }

  /**
   * An order arrives.
   *
   * @param seconds Since the one before.
   * @param events What happens is added: trades, the change of the book, and the top if that changed.
   */
  step(seconds: number, timeMs: number, events: MarketEvent[]): void {
    const random = this.#random, { bids, asks } = this.#depth;
    bids.clear();
    asks.clear();
    this.#value += random.normal() * WANDER * Math.sqrt(seconds);
    const middle = (this.#bids.best + this.#asks.best) / 2;
    const lean = Math.max(-0.9, Math.min(0.9, (this.#value - middle) / PULL));
    const buys = random.uniform() < 0.5 + lean / 2;
    const kind = random.uniform();
    if (kind < LIMIT) this.#placeLimit(buys);
    else if (kind < LIMIT + MARKET) this.#takeMarket(buys, timeMs, events);
    else this.#cancel(!buys); // a trader that expects a rise takes offers away
    if (bids.length + asks.length === 0) return;
    this.#addDepth(false, timeMs, events);
    const { bid, bidQuantity, ask, askQuantity } = this.#top;
    const isSame = bid === this.#bids.best / TICKS && bidQuantity === this.#bids.bestQuantity / LOTS &&
      ask === this.#asks.best / TICKS && askQuantity === this.#asks.bestQuantity / LOTS;
    if (!isSame) this.#addTop(timeMs, events);
  }

  #placeLimit(buys: boolean): void {
    // Counted from the other side's best price, so it never crosses.
    const distance = 1 + Math.floor(this.#random.exponential(DISTANCE));
    if (buys) this.#bids.add(this.#asks.best - distance, this.#size(), this.#depth.bids);
    else this.#asks.add(this.#bids.best + distance, this.#size(), this.#depth.asks);
  }

  #takeMarket(buys: boolean, timeMs: number, events: MarketEvent[]): void {
    const side = buys ? this.#asks : this.#bids;
    const changes = buys ? this.#depth.asks : this.#depth.bids;
    let left = this.#size(), count = 0;
    while (left > 0 && side.length > FEWEST) {
      const quantity = Math.min(left, side.bestQuantity);
      const trade = this.#trades[count] ??= tradeEvent();
      trade.id = ++this.#tradeId;
      trade.price = side.best / TICKS;
      trade.quantity = quantity / LOTS;
      trade.isTakerBuy = buys;
      events.push(this.#stamp(trade, timeMs));
      side.reduce(side.length - 1, quantity, changes);
      left -= quantity;
      count++;
    }
  }

  #cancel(ofBids: boolean): void {
    const side = ofBids ? this.#bids : this.#asks, { length } = side;
    if (length <= FEWEST) return;
    // Mostly near the best price, as most orders are there.
    const index = Math.max(0, length - 1 - Math.floor(this.#random.exponential(length / 6)));
    const quantity = side.quantities[index];
    const part = this.#random.uniform() < 0.6 ? quantity : 1 + this.#random.below(quantity);
    side.reduce(index, part, ofBids ? this.#depth.bids : this.#depth.asks);
  }

  /** Lots: mostly small, at times large. */
  #size(): number {
    return 1 + Math.floor(this.#random.exponential(SIZE) * (this.#random.uniform() < 0.05 ? 10 : 1));
  }

  #addDepth(isSnapshot: boolean, timeMs: number, events: MarketEvent[]): void {
    const event = this.#depth;
    event.isSnapshot = isSnapshot;
    event.topsBy = "sequence";
    event.previous = isSnapshot ? this.#sequence + 1 : this.#sequence;
    event.first = event.last = ++this.#sequence;
    events.push(this.#stamp(event, timeMs));
  }

  #addTop(timeMs: number, events: MarketEvent[]): void {
    const event = this.#top;
    event.sequence = this.#sequence;
    event.bid = this.#bids.best / TICKS;
    event.bidQuantity = this.#bids.bestQuantity / LOTS;
    event.ask = this.#asks.best / TICKS;
    event.askQuantity = this.#asks.bestQuantity / LOTS;
    events.push(this.#stamp(event, timeMs));
  }

  #stamp<E extends MarketEvent>(event: E, timeMs: number): E {
    event.instrument = this.#instrument;
    event.exchangeMs = timeMs;
    return event;
  }
}
