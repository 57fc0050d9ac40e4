import type { MarketEvent } from "../input/events.ts";
import { InputReport } from "../input/input_report.ts";
import { Instruments } from "../input/instruments.ts";
import type { Source } from "../input/source.ts";
import { optionName } from "../instrument/option_name.ts";
import type { OptionTerms } from "../instrument/option_terms.ts";
import { YEAR_MS } from "../pricing/black76.ts";
import { Hawkes } from "./hawkes.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimulatedFuture } from "./simulated_future.ts";
import { SimulatedOption } from "./simulated_option.ts";

/** How a market is made up. */
export interface SimulatedMarketOptions {
  /** The same seed makes the same market, event by event. Defaults to 1. */
  readonly seed?: number;
  /** Orders a second for the future, on average. Defaults to 1000. */
  readonly rate?: number;
  /** The future's first price, in dollars. Defaults to 60,000. */
  readonly price?: number;
  /** Days until the options expire. Defaults to 7, 28 and 84. */
  readonly expiryDays?: readonly number[];
  /** Strikes of each expiry, an odd number of them around the price. Defaults to 11. */
  readonly strikes?: number;
  /** The market ends after so many events, or a few more: whole orders. Defaults to no end. */
  readonly events?: number;
}

/** The first moment of the made-up market: 9 August 2024, 08:00 UTC. */
const START_MS = Date.UTC(2024, 7, 9, 8);
const DAY_MS = 24 * 3600 * 1000;
/** From one strike to the next, in parts of the price. */
const STRIKE_STEP = 0.05;
/** How orders cluster: 7 of 10 are set off by others, within 50 ms. */
const BRANCHING = 0.7, MEMORY = 0.05;
/** How many orders of the future go by for each option that is quoted anew, on average. */
const ORDERS_PER_QUOTE = 4;
/** Volatility at the money: what it returns to, how fast in parts of a second, and how much it wanders. */
const VOLATILITY = 0.6, RETURN = 0.02, WANDER = 0.002;
/** How much dearer the future of an expiry is for each year. */
const CARRY = 0.08;
/** Digits of prices and quantities: of ticks and lots. */
const FUTURE_DIGITS = { priceDigits: 1, quantityDigits: 3 } as const,
  OPTION_DIGITS = { priceDigits: 4, quantityDigits: 1 } as const;
/** From the exchange to the recorder, in microseconds: at least, and more on average. */
const LATENCY = 200, JITTER = 50;

/**
 * The built-in market: a perpetual future and a chain of options on it, made up from a seed. Orders come in clusters;
 * books have both sides, fill, are cancelled and traded; options are quoted around their Black-76 price with a smile.
 * Its events are those of a capture without a fault, and pass the same checks.
 */
export class SimulatedMarket implements Source {
  readonly label = "the built-in market";
  readonly instruments: Instruments = new Instruments();
  readonly report: InputReport = new InputReport();
  readonly #random: SeededRandom;
  readonly #arrivals: Hawkes;
  readonly #future: SimulatedFuture;
  readonly #options: SimulatedOption[] = [];
  readonly #names: OptionTerms[] = [];
  readonly #limit: number;
  /** The events of one order, and how many of them were returned. */
  readonly #events: MarketEvent[] = [];
  #at = 0;
  #count = 0;
  #timeMs = START_MS;
  #receivedUs = 0;
  #volatility = VOLATILITY;
  #hasBegun = false;

  /** Makes a market. Nothing happens before `next`. */
  constructor(options: SimulatedMarketOptions = {}) {
    const { seed = 1, rate = 1000, price = 60_000, expiryDays = [7, 28, 84], strikes = 11, events = Infinity } =
      options;
    this.#random = new SeededRandom(seed);
    this.#arrivals = new Hawkes(this.#random, { rate, branching: BRANCHING, memory: MEMORY });
    this.#future = new SimulatedFuture(
      this.instruments.add("BTCUSDT", "binanceFutures", FUTURE_DIGITS),
      this.#random,
      price,
    );
    this.#limit = events;
    const step = roundStrike(price * STRIKE_STEP);
    for (const days of expiryDays) {
      for (let i = 0; i < strikes; i++) {
        const strike = (Math.round(price / step) + i - (strikes >> 1)) * step;
        for (const isCall of [true, false]) {
          this.#addOption({ currency: "BTC", expiryMs: START_MS + days * DAY_MS, strike, isCall });
        }
      }
    }
  }

  /** The next event, good until the call after; undefined at the end. */
  next(): MarketEvent | undefined {
    while (this.#at === this.#events.length) {
      if (this.#count >= this.#limit) return undefined;
      this.#events.length = this.#at = 0;
      if (this.#hasBegun) this.#step();
      else this.#begin();
      this.#receivedUs = Math.max(
        this.#receivedUs,
        Math.floor(this.#timeMs * 1000 + LATENCY + this.#random.exponential(JITTER)),
      );
    }
    const event = this.#events[this.#at++];
    event.receivedUs = this.#receivedUs;
    this.#count++;
    this.report.count(event);
    return event;
  }

  /** There is nothing to fetch: `next` has returned all events. */
  fill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Holds nothing. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#future.begin(this.#timeMs, this.#events);
    for (let i = 0; i < this.#options.length; i++) this.#quote(i);
  }

  #step(): void {
    const seconds = this.#arrivals.next();
    this.#timeMs += seconds * 1000;
    this.#volatility += (VOLATILITY - this.#volatility) * RETURN * seconds +
      WANDER * Math.sqrt(seconds) * this.#random.normal();
    this.#future.step(seconds, this.#exchangeMs, this.#events);
    const { length } = this.#options;
    if (length > 0 && this.#random.below(ORDERS_PER_QUOTE) === 0) this.#quote(this.#random.below(length));
  }

  get #exchangeMs(): number {
    return Math.floor(this.#timeMs);
  }

  #quote(i: number): void {
    const { middle } = this.#future, timeMs = this.#exchangeMs;
    const years = (this.#names[i].expiryMs - timeMs) / YEAR_MS;
    const forward = Math.round(middle * (1 + CARRY * years) * 100) / 100;
    this.#options[i].quote(middle, forward, this.#volatility, timeMs, this.#events);
  }

  #addOption(option: OptionTerms): void {
    this.#names.push(option);
    this.#options.push(
      new SimulatedOption(this.instruments.add(optionName(option), "deribit", OPTION_DIGITS), option, this.#random),
    );
  }
}

/** A round distance of strikes: 1, 2 or 5 with zeros. */
function roundStrike(distance: number): number {
  const zeros = 10 ** Math.floor(Math.log10(distance));
  const first = distance / zeros;
  return Math.max(1, (first < 1.5 ? 1 : first < 3.5 ? 2 : first < 7.5 ? 5 : 10) * zeros);
}
