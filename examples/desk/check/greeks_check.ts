import type { TickerEvent } from "../input/events.ts";
import { type InstrumentModel, optionTermsOf } from "../instrument/instrument_model.ts";
import type { OptionTerms } from "../instrument/option_terms.ts";
import { black76, emptyGreeks, type Greeks, YEAR_MS } from "../pricing/black76.ts";

/** What computed values are compared with. */
export const COMPARED = ["delta", "gamma", "vega", "theta", "rho", "mark"] as const;

/** A value that is compared. */
export type Compared = typeof COMPARED[number];

/** Values, or differences of them. The mark is in coins. */
type Values = Record<Compared, number>;

/*
 * How far computed values may be from Deribit's: what rounding makes of the value, and what rounding and
 * age make of that from which it was computed. docs/desk.md derives it.
 */
/** Half of the last digit of the value. Greeks have 5 digits after the point, marks 6. */
const VALUE_HALVES: Readonly<Values> = {
  delta: 5e-6,
  gamma: 5e-6,
  vega: 5e-6,
  theta: 5e-6,
  rho: 5e-6,
  mark: 5e-7,
};
/** Half of the last digit of the forward, in dollars, and of the volatility: 0.01 %. */
const FORWARD_HALF = 0.005, VOLATILITY_HALF = 5e-5;
/**
 * How far the forward moves from the moment for which greeks are computed, and marks, to that of the ticker: parts of
 * it.
 */
const FORWARD_AGE = 1e-4, MARK_FORWARD_AGE = 4e-4;
/** How old the time to expiry may be. */
const TIME_AGE_MS = 60_000;

/** A value that is further off than can be explained. */
export interface GreekFault {
  readonly name: Compared;
  readonly computed: number;
  readonly reported: number;
  readonly tolerance: number;
}

/** Compares greeks and prices with those of an exchange's tickers. */
export class GreeksCheck {
  /** Tickers that were compared. */
  compared = 0;
  /** Those within the tolerances. */
  within = 0;
  /** The largest differences, in parts of their tolerances. */
  readonly worst: Values = emptyValues();
  /** What is wrong with the last ticker: nothing if it is within. */
  faults: readonly GreekFault[] = [];
  readonly #greeks = emptyGreeks();
  readonly #values = emptyValues();
  readonly #moved = emptyValues();
  readonly #tolerances = emptyValues();

  /** Computes the greeks of a ticker, and compares. @returns Whether all are within; undefined if it is no option. */
  compare(model: InstrumentModel, ticker: TickerEvent): boolean | undefined {
    const option = optionTermsOf(model);
    if (option === undefined) return undefined;
    return this.judge(model, option, this.#greeksAt(option, ticker, 0, 0, 0), ticker);
  }

  /** Compares computed values with those of a ticker. @returns Whether all are within. */
  judge(model: InstrumentModel, option: OptionTerms, greeks: Greeks, ticker: TickerEvent): boolean {
    const computed = valuesOf(this.#values, greeks, ticker.underlyingPrice), faults: GreekFault[] = [];
    this.#computeTolerances(option, ticker);
    for (const name of COMPARED) {
      const reported = reportedOf(name, model, ticker), tolerance = this.#tolerances[name];
      const part = Math.abs(computed[name] - reported) / tolerance;
      if (part <= 1) this.worst[name] = Math.max(this.worst[name], part);
      else faults.push({ name, computed: computed[name], reported, tolerance }); // what is no number is not within
    }
    this.faults = faults;
    this.compared++;
    if (faults.length === 0) this.within++;
    return faults.length === 0;
  }

  /** What rounding and age explain: that of each input for itself, added up. */
  #computeTolerances(option: OptionTerms, ticker: TickerEvent): void {
    const { underlyingPrice } = ticker, tolerances = this.#tolerances;
    const base = valuesOf(emptyValues(), this.#greeksAt(option, ticker, 0, 0, 0), underlyingPrice);
    const change = (forward: number, volatility: number, ageMs: number) => {
      valuesOf(this.#moved, this.#greeksAt(option, ticker, forward, volatility, ageMs), underlyingPrice + forward);
      return (name: Compared) => Math.abs(this.#moved[name] - base[name]);
    };
    const add = (names: readonly Compared[], changes: readonly (readonly [number, number, number])[]) => {
      const most = emptyValues();
      for (const each of changes) {
        const of = change(...each);
        for (const name of names) most[name] = Math.max(most[name], of(name));
      }
      for (const name of names) tolerances[name] += most[name];
    };
    Object.assign(tolerances, VALUE_HALVES);
    const forward = FORWARD_HALF + FORWARD_AGE * underlyingPrice;
    const markForward = FORWARD_HALF + MARK_FORWARD_AGE * underlyingPrice;
    add(GREEKS, [[forward, 0, 0], [-forward, 0, 0]]);
    add(["mark"], [[markForward, 0, 0], [-markForward, 0, 0]]);
    add(COMPARED, [[0, VOLATILITY_HALF, 0], [0, -VOLATILITY_HALF, 0]]);
    add(COMPARED, [[0, 0, TIME_AGE_MS]]);
  }

  #greeksAt(
    option: OptionTerms,
    { underlyingPrice, markVolatility, exchangeMs }: TickerEvent,
    forward: number,
    volatility: number,
    ageMs: number,
  ): Greeks {
    const years = (option.expiryMs - exchangeMs + ageMs) / YEAR_MS, moved = Math.max(markVolatility + volatility, 0);
    return black76(this.#greeks, option.isCall, underlyingPrice + forward, option.strike, years, moved);
  }
}

const GREEKS: readonly Compared[] = COMPARED.filter((name) => name !== "mark");

/** A fault in words. */
export function faultText(option: string, { name, computed, reported, tolerance }: GreekFault): string {
  const text = (value: number) => Number(value.toPrecision(6)).toString();
  return `${option}: ${name} is ${text(computed)}, the exchange says ${text(reported)}: more than ${
    text(tolerance)
  } off`;
}

function reportedOf(name: Compared, { kind }: InstrumentModel, ticker: TickerEvent): number {
  if (name !== "mark") return ticker[name];
  // In coins, whatever the option's price is in.
  return kind === "inverseOption" ? ticker.markPrice : ticker.markPrice / ticker.underlyingPrice;
}

function valuesOf(into: Values, { delta, gamma, vega, theta, rho, price }: Greeks, forward: number): Values {
  return Object.assign(into, { delta, gamma, vega, theta, rho, mark: price / forward });
}

function emptyValues(): Values {
  return { delta: 0, gamma: 0, vega: 0, theta: 0, rho: 0, mark: 0 };
}
