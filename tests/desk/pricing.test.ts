import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { black76, emptyGreeks, YEAR_MS } from "../../examples/desk/pricing/black76.ts";
import { impliedVolatility } from "../../examples/desk/pricing/implied_volatility.ts";
import { normalProbability } from "../../examples/desk/pricing/normal.ts";
import { Random } from "../../support/random.ts";

function price(isCall: boolean, forward: number, strike: number, years: number, volatility: number) {
  return black76(emptyGreeks(), isCall, forward, strike, years, volatility);
}

/** Asserts that two numbers differ by less than a part of them. */
function assertNear(actual: number, expected: number, part: number, what: string) {
  assertAlmostEquals(actual, expected, Math.abs(expected) * part + 1e-12, what);
}

describe("pricing", () => {
  it("knows the normal distribution: values from tables", () => {
    const table: readonly (readonly [number, number])[] = [
      [0, 0.5],
      [1, 0.8413447460685429],
      [1.96, 0.9750021048517795],
      [-3, 0.0013498980316300946],
      [-5, 2.8665157187919393e-7],
      [-8, 6.220960574271786e-16],
    ];
    for (const [x, expected] of table) assertNear(normalProbability(x), expected, 1e-9, String(x));
    assertEquals([normalProbability(40), normalProbability(-40)], [1, 0]);
    assertEquals(normalProbability(0.7) + normalProbability(-0.7), 1);
  });

  it("prices at the money, and Haug's example of a future at 19 with a strike of 19", () => {
    // At the money: F (2 Φ(σ √T / 2) − 1).
    assertNear(price(true, 100, 100, 1, 0.2).price, 7.965567455405804, 1e-9, "call");
    assertNear(price(false, 100, 100, 1, 0.2).price, 7.965567455405804, 1e-9, "put");
    // Haug, "The Complete Guide to Option Pricing Formulas", Black-76: 1.7011 with a rate of 10 %, so times e^0.075
    // here.
    assertAlmostEquals(price(true, 19, 19, 0.75, 0.28).price * Math.exp(-0.075), 1.7011, 5e-5);
  });

  it("obeys parity, and its greeks are the slopes of its price", () => {
    const random = new Random(5);
    for (let i = 0; i < 300; i++) {
      const forward = 100 + random.below(100), strike = 80 + random.below(140);
      const years = (30 + random.below(700)) / 365, volatility = 0.3 + random.below(100) / 100;
      const call = price(true, forward, strike, years, volatility),
        put = price(false, forward, strike, years, volatility);
      assertAlmostEquals(call.price - put.price, forward - strike, 1e-9);
      assertAlmostEquals(call.delta - put.delta, 1, 1e-12);
      for (const isCall of [true, false]) {
        const greeks = isCall ? call : put;
        const up = price(isCall, forward + 1e-3, strike, years, volatility);
        const down = price(isCall, forward - 1e-3, strike, years, volatility);
        assertAlmostEquals(greeks.delta, (up.price - down.price) / 2e-3, 1e-6);
        assertAlmostEquals(greeks.gamma, (up.delta - down.delta) / 2e-3, 1e-6);
        const wilder = price(isCall, forward, strike, years, volatility + 1e-5);
        const calmer = price(isCall, forward, strike, years, volatility - 1e-5);
        assertAlmostEquals(greeks.vega, (wilder.price - calmer.price) / 2e-5 / 100, 1e-6);
        const sooner = price(isCall, forward, strike, years - 1e-6, volatility);
        const later = price(isCall, forward, strike, years + 1e-6, volatility);
        assertAlmostEquals(greeks.theta, (sooner.price - later.price) / 2e-6 / 365, 1e-5);
        // Black and Scholes: the coin stays, the forward grows with the rate.
        const rate = 1e-6;
        const grown = price(isCall, forward * Math.exp(rate * years), strike, years, volatility).price;
        assertAlmostEquals(greeks.rho, (grown * Math.exp(-rate * years) - greeks.price) / rate / 100, 1e-4);
      }
    }
  });

  it("is worth what exercise brings when there is no time, or no volatility", () => {
    for (const [years, volatility] of [[0, 0.5], [-1, 0.5], [1, 0]]) {
      const inMoney = price(true, 120, 100, years, volatility), out = price(false, 120, 100, years, volatility);
      assertEquals([inMoney.price, inMoney.delta, inMoney.gamma, inMoney.vega], [20, 1, 0, 0]);
      assertEquals([out.price, out.delta, out.theta], [0, 0, 0]);
    }
  });

  it("has a theta for what is left of the last day, and never more than the price", () => {
    const day = 1 / 365;
    const whole = price(true, 100, 100, day, 0.5), half = price(true, 100, 100, day / 2, 0.5);
    assertNear(half.theta, -100 * 0.3989 * 0.5 / (2 * Math.sqrt(day / 2)) / 365 / 2, 1e-3, "half a day");
    assert(half.theta > whole.theta);
    const far = price(true, 100, 103, day / 2, 0.5);
    assert(far.theta >= -far.price);
  });

  it("finds the volatility of a price", () => {
    for (const isCall of [true, false]) {
      for (const strike of [70, 95, 100, 105, 150]) {
        for (const volatility of [0.05, 0.6, 2.5]) {
          const { price: paid, vega } = price(isCall, 100, strike, 0.3, volatility);
          if (vega < 1e-6) continue; // any volatility has that price
          const found = impliedVolatility(paid, isCall, 100, strike, 0.3);
          assertAlmostEquals(found ?? NaN, volatility, 1e-6, `${strike} ${volatility}`);
        }
      }
    }
    assertEquals(impliedVolatility(19, true, 120, 100, 1), undefined, "less than exercise brings");
    assertEquals(impliedVolatility(121, true, 120, 100, 1), undefined);
    assertEquals(impliedVolatility(NaN, true, 120, 100, 1), undefined);
    assertEquals(impliedVolatility(5, true, 120, 100, 0), undefined);
  });

  it("has years of 365 days", () => assertEquals(YEAR_MS, 31_536_000_000));
});
