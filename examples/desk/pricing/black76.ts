import { normalDensity, normalProbability } from "./normal.ts";

/** A year of 365 days, in milliseconds. */
export const YEAR_MS: number = 365 * 24 * 3600 * 1000;

const DAYS = 365;
/** Vega and rho are stated for a hundredth. */
const HUNDREDTH = 0.01;

/** An option's price and how it changes, in the units in which Deribit states them. */
export interface Greeks {
  /** Price in dollars; divided by the forward it is the price in coins. */
  price: number;
  /** Change of the price with the forward. */
  delta: number;
  /** Change of the delta with the forward. */
  gamma: number;
  /** Change of the price for 0.01 of volatility. */
  vega: number;
  /**
   * Change of the price in a day, the rest of the market unchanged. In an option's last day, what is left of it, and
   * never more than the price.
   */
  theta: number;
  /** Change of the price for 0.01 of a rate at which the forward grows while the coin's price stays. */
  rho: number;
}

/** Greeks of nothing, to be filled. */
export function emptyGreeks(): Greeks {
  return { price: 0, delta: 0, gamma: 0, vega: 0, theta: 0, rho: 0 };
}

/**
 * Prices a European option on a forward by Black's formula, with a rate of zero. Nothing is allocated.
 *
 * At or after its expiry, or with no volatility, it is worth what exercise brings, and changes with the forward alone.
 *
 * Source: F. Black, "The pricing of commodity contracts" (1976).
 *
 * @param into Is filled and returned.
 * @param isCall A call, not a put.
 * @param forward Price of the future of the same expiry, above 0.
 * @param strike Above 0.
 * @param years Until the expiry: `YEAR_MS` each.
 * @param volatility A fraction: 0.8 is 80 %.
 */
export function black76(
  into: Greeks,
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  volatility: number,
): Greeks {
  const sign = isCall ? 1 : -1;
  const deviation = volatility * Math.sqrt(years);
  if (!(deviation > 0)) {
    const gain = (forward - strike) * sign;
    into.price = Math.max(gain, 0);
    into.delta = gain > 0 ? sign : 0;
    into.gamma =
      into.vega =
      into.theta =
      into.rho =
        0;
    return into;
  }
  const d1 = Math.log(forward / strike) / deviation + deviation / 2, d2 = d1 - deviation;
  const density = normalDensity(d1);
  const inMoney = normalProbability(sign * d1), exercised = normalProbability(sign * d2);
  into.price = sign * (forward * inMoney - strike * exercised);
  into.delta = sign * inMoney;
  into.gamma = density / (forward * deviation);
  into.vega = forward * density * Math.sqrt(years) * HUNDREDTH;
  const perDay = -forward * density * volatility / (2 * Math.sqrt(years)) / DAYS;
  into.theta = Math.max(perDay * Math.min(years * DAYS, 1), -into.price);
  into.rho = sign * strike * years * exercised * HUNDREDTH;
  return into;
}
