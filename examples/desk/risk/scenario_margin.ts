import { black76, emptyGreeks, YEAR_MS } from "../pricing/black76.ts";
import type { Exposure } from "./exposure.ts";

/** Moves of all prices: up to 16 %, as Deribit's portfolio margin for BTC. */
export const PRICE_MOVES: readonly number[] = [-0.16, -0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12, 0.16];

/** Moves of all volatilities, in parts of them. */
export const VOLATILITY_MOVES: readonly number[] = [-0.25, 0, 0.5];

/** For each option sold, in parts of its forward: what no scenario shows, such as a jump beyond them. */
export const SHORT_OPTION_CHARGE = 0.01;

/** What opening asks for, in parts of what keeping asks for. */
export const INITIAL_FACTOR = 1.25;

/** What a portfolio must be backed by, in dollars. */
export interface Margin {
  /** With less, nothing that adds risk may be opened. */
  readonly initial: number;
  /** With less, positions must be closed. */
  readonly maintenance: number;
  /** The loss of the worst scenario. */
  readonly worstLoss: number;
  /** That scenario's price move. */
  readonly priceMove: number;
  /** That scenario's volatility move. */
  readonly volatilityMove: number;
}

const greeks = emptyGreeks();

/**
 * The margin of a portfolio, after the example of SPAN and of portfolio margins: it is valued anew in each of 27
 * scenarios, in which all prices and all volatilities move at once, so what hedges each other counts as such.
 *
 *     maintenance = loss in the worst scenario + 1 % of the forward for each option sold
 *     initial     = 1.25 · maintenance
 *
 * @param exposures What is held.
 * @param timeMs Now, milliseconds since 1970.
 */
export function scenarioMargin(exposures: readonly Exposure[], timeMs: number): Margin {
  const now = valueIn(exposures, timeMs, 0, 0);
  let worstLoss = 0, priceMove = 0, volatilityMove = 0;
  for (const price of PRICE_MOVES) {
    for (const volatility of VOLATILITY_MOVES) {
      const loss = now - valueIn(exposures, timeMs, price, volatility);
      if (loss <= worstLoss) continue;
      worstLoss = loss;
      priceMove = price;
      volatilityMove = volatility;
    }
  }
  let charge = 0;
  for (const { quantity, forward, option } of exposures) {
    if (option !== undefined && quantity < 0) charge -= quantity * forward * SHORT_OPTION_CHARGE;
  }
  const maintenance = worstLoss + charge;
  return { initial: maintenance * INITIAL_FACTOR, maintenance, worstLoss, priceMove, volatilityMove };
}

/** What the portfolio is worth in a scenario; a future counts with its price, as only differences matter. */
function valueIn(exposures: readonly Exposure[], timeMs: number, priceMove: number, volatilityMove: number): number {
  let value = 0;
  for (const { quantity, forward, option, volatility = 0 } of exposures) {
    const moved = forward * (1 + priceMove);
    if (option === undefined) value += quantity * moved;
    else {
      const years = Math.max(option.expiryMs - timeMs, 0) / YEAR_MS, moving = volatility * (1 + volatilityMove);
      value += quantity * black76(greeks, option.isCall, moved, option.strike, years, moving).price;
    }
  }
  return value;
}
