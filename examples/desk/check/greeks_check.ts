import type { TickerEvent } from "../input/events.ts";
import { black76, emptyGreeks, type Greeks, YEAR_MS } from "../pricing/black76.ts";
import { type InstrumentModel, optionTermsOf } from "../instrument/instrument_model.ts";

/** What computed values are compared with. */
export type Compared = "delta" | "gamma" | "vega" | "theta" | "rho" | "mark";

/**
 * How far computed values may be from the exchange's, which are rounded, and of a moment slightly before. Those of vega,
 * theta and rho are in parts of the value, that of the mark is in coins.
 */
export const TOLERANCES: Readonly<Record<Compared, number>> = {
  delta: 8.8e-5,
  gamma: 5e-6,
  vega: 9e-4,
  theta: 5e-3,
  rho: 1.2e-3,
  mark: 1.1e-3,
};

/**
 * The last digit that vega, theta and rho are told with: a relative tolerance means nothing where that is more. Among the
 * captures it decides for one option, whose vega is told as 0.0007 to 0.0008.
 */
const LAST_DIGIT = 1e-5;

/** How computed values compare: some are outside the tolerances, or all within, or within by a last digit. */
export type GreeksVerdict = "outside" | "within" | "lastDigit";

/** Compares greeks and prices with those of an exchange's tickers. */
export class GreeksCheck {
  /** Tickers that were compared. */
  compared = 0;
  /** Those within the tolerances. */
  within = 0;
  /** Those of them that only the last digit of a value keeps within. */
  byLastDigit = 0;
  /** The largest differences, as the tolerances are told; those of the last digit are left out. */
  readonly worst: Record<Compared, number> = { delta: 0, gamma: 0, vega: 0, theta: 0, rho: 0, mark: 0 };
  readonly #greeks = emptyGreeks();

  /** Computes what a ticker tells of, and compares. */
  compare(model: InstrumentModel, ticker: TickerEvent): void {
    const option = optionTermsOf(model);
    if (option === undefined) return;
    const years = (option.expiryMs - ticker.exchangeMs) / YEAR_MS;
    const { underlyingPrice, markVolatility } = ticker;
    this.judge(
      model,
      black76(this.#greeks, option.isCall, underlyingPrice, option.strike, years, markVolatility),
      ticker,
    );
  }

  /** Compares what somebody computed with what a ticker tells. */
  judge({ kind }: InstrumentModel, greeks: Greeks, ticker: TickerEvent): GreeksVerdict {
    const { worst } = this, { underlyingPrice } = ticker;
    let isWithin = true, isByLastDigit = false;
    const compare = (name: Compared, difference: number) => {
      worst[name] = Math.max(worst[name], difference);
      if (!(difference <= TOLERANCES[name])) isWithin = false; // not a number is not within
    };
    compare("delta", Math.abs(greeks.delta - ticker.delta));
    compare("gamma", Math.abs(greeks.gamma - ticker.gamma));
    for (const name of ["vega", "theta", "rho"] as const) {
      const difference = Math.abs(greeks[name] - ticker[name]), part = difference / Math.abs(ticker[name]);
      const isLastDigit = difference <= LAST_DIGIT;
      if (isLastDigit && part > TOLERANCES[name]) isByLastDigit = true;
      compare(name, isLastDigit ? 0 : part);
    }
    // In coins, whatever the option's price is in.
    const mark = kind === "inverseOption" ? ticker.markPrice : ticker.markPrice / underlyingPrice;
    compare("mark", Math.abs(greeks.price / underlyingPrice - mark));
    this.compared++;
    if (isWithin) this.within++;
    if (isWithin && isByLastDigit) this.byLastDigit++;
    return !isWithin ? "outside" : isByLastDigit ? "lastDigit" : "within";
  }
}
