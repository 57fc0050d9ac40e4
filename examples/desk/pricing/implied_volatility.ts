import { black76, emptyGreeks } from "./black76.ts";

const LOWEST = 1e-4, HIGHEST = 10;
const STEPS = 100;
/** In parts of the forward. */
const TOLERANCE = 1e-12;

const greeks = emptyGreeks();

/**
 * The volatility at which an option has a price: Newton's steps, and halving where they leave the bracket.
 *
 * @param price In dollars.
 * @returns Undefined if no volatility between 0.01 % and 1000 % gives that price.
 */
export function impliedVolatility(
  price: number,
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
): number | undefined {
  const priceAt = (volatility: number) => black76(greeks, isCall, forward, strike, years, volatility).price;
  if (!(years > 0) || !(price >= priceAt(LOWEST)) || !(price <= priceAt(HIGHEST))) return undefined;
  let low = LOWEST, high = HIGHEST, volatility = 0.5;
  for (let i = 0; i < STEPS; i++) {
    const error = priceAt(volatility) - price;
    if (Math.abs(error) <= TOLERANCE * forward) return volatility;
    if (error > 0) high = volatility;
    else low = volatility;
    const next = volatility - error / (greeks.vega * 100);
    volatility = next > low && next < high ? next : (low + high) / 2;
  }
  return volatility;
}
