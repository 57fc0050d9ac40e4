import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Hedger } from "../../examples/desk/hedging/hedger.ts";
import { YEAR_MS } from "../../examples/desk/pricing/black76.ts";
import { breachesOf, type Limits, mustStop, type Standing } from "../../examples/desk/risk/limits.ts";
import { Position } from "../../examples/desk/risk/position.ts";
import { scenarioMargin } from "../../examples/desk/risk/scenario_margin.ts";
import { Random } from "../../support/random.ts";

describe("risk", () => {
  it("keeps positions at average cost", () => {
    const position = new Position();
    position.trade(2, 100);
    position.trade(2, 110);
    assertEquals([position.quantity, position.averagePrice, position.unrealised(106)], [4, 105, 4]);
    position.trade(-1, 108);
    assertEquals([position.quantity, position.averagePrice, position.realised], [3, 105, 3]);
    position.trade(-5, 100);
    assertEquals([position.quantity, position.averagePrice, position.realised], [-2, 100, -12]);
    position.trade(2, 90);
    assertEquals([position.quantity, position.averagePrice, position.realised], [0, 0, 8]);
    assertThrows(() => position.trade(NaN, 1), RangeError);
    assertThrows(() => position.trade(1, Infinity), RangeError);
  });

  it("earns what cash and holdings are worth together, however it is traded", () => {
    const random = new Random(11), position = new Position();
    let cash = 0;
    for (let i = 0; i < 2000; i++) {
      const quantity = random.below(21) - 10, price = 90 + random.below(20);
      position.trade(quantity, price);
      cash -= quantity * price;
      assertAlmostEquals(position.realised + position.unrealised(97), cash + position.quantity * 97, 1e-6);
    }
  });

  it("demands margin by scenarios: what is hedged needs less, what is sold more", () => {
    const now = Date.UTC(2024, 7, 9), expiryMs = now + YEAR_MS / 12, forward = 60_000;
    const call = { strike: 60_000, expiryMs, isCall: true };
    const future = (quantity: number) => ({ quantity, forward });
    const option = (quantity: number) => ({ quantity, forward, option: call, volatility: 0.6 });
    assertEquals(scenarioMargin([], now).initial, 0);
    const long = scenarioMargin([future(2)], now);
    assertAlmostEquals(long.maintenance, 2 * 0.16 * forward, 1e-6);
    assertAlmostEquals(long.initial, long.maintenance * 1.25, 1e-9);
    assertEquals([long.priceMove, scenarioMargin([future(-2)], now).priceMove], [-0.16, 0.16]);
    const sold = scenarioMargin([option(-10)], now), covered = scenarioMargin([option(-10), future(5)], now);
    assertEquals([sold.priceMove, sold.volatilityMove], [0.16, 0.5]);
    assert(covered.maintenance < sold.maintenance);
    assertAlmostEquals(sold.maintenance - sold.worstLoss, 10 * 0.01 * forward, 1e-6);
    const bought = scenarioMargin([option(10)], now);
    assert(bought.worstLoss > 0 && bought.maintenance === bought.worstLoss, "one can lose what one paid, not more");
    assertEquals(scenarioMargin([option(10), option(-10)], now).worstLoss, 0);
    assert(Number.isFinite(scenarioMargin([option(-1)], expiryMs + 1).initial), "after the expiry");
  });

  it("knows which limits are broken, and which stop all orders", () => {
    const limits: Limits = { delta: 5, vega: 1000, loss: 10_000, marginUse: 0.8 };
    const standing: Standing = {
      delta: -5,
      vega: 1000,
      profit: -10_000,
      equity: 100_000,
      initialMargin: 80_000,
      maintenanceMargin: 64_000,
    };
    assertEquals(breachesOf(standing, limits), []);
    assertEquals(breachesOf({ ...standing, delta: -5.1, vega: -1001 }, limits), ["delta", "vega"]);
    assertEquals(breachesOf({ ...standing, profit: -10_001 }, limits), ["loss"]);
    assertEquals(breachesOf({ ...standing, initialMargin: 90_000 }, limits), ["margin"]);
    assertEquals(breachesOf({ ...standing, equity: 60_000 }, limits), ["margin", "maintenance"]);
    assertEquals(breachesOf({ ...standing, delta: NaN }, limits), ["delta"]);
    assertEquals([mustStop([]), mustStop(["delta", "margin"]), mustStop(["maintenance"]), mustStop(["loss"])], [
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("hedging", () => {
  const options = { band: 0.5, largest: 2, firstId: 1 }, lot = 0.1;

  it("orders what brings the delta back, once", () => {
    const hedger = new Hedger(options);
    assertEquals(hedger.decide(0.5, lot), undefined);
    assertEquals(hedger.decide(-0.5, lot), undefined);
    assertEquals(hedger.decide(NaN, lot), undefined);
    for (const noLot of [0, NaN, Infinity]) assertEquals(hedger.decide(5, noLot), undefined, "no lot is known");
    const order = hedger.decide(0.94, lot);
    assertEquals([order?.id, order?.lots], [1, -9]);
    assertAlmostEquals(order?.coins ?? 0, -0.9, 1e-9);
    assertEquals(hedger.decide(0.94, lot), undefined, "it is on its way");
    assert(hedger.close(1));
    assertEquals(hedger.close(1), false, "reported twice");
    assertEquals(hedger.decide(0.04, lot), undefined);
  });

  it("splits what is too large, and goes on where another one ended", () => {
    const hedger = new Hedger(options);
    const orders = [1, 2, 3, 4].map(() => hedger.decide(-5, lot));
    assertEquals(orders.map((order) => order?.id), [1, 2, 3, undefined]);
    assertAlmostEquals(hedger.open, 5, 1e-9);
    const successor = new Hedger({ ...options, firstId: 4 });
    for (const order of orders) if (order) successor.adopt(order);
    assertEquals(successor.decide(-5, lot), undefined);
    assertEquals(successor.decide(-6, lot)?.id, 4);
    assertThrows(() => successor.adopt({ id: 5, coins: 1 }), RangeError);
    assertThrows(() => new Hedger({ ...options, band: 0 }), RangeError);
    assertThrows(() => new Hedger({ ...options, largest: 0 }), RangeError);
  });

  it("leaves less than a lot alone, however large that is, and orders one at least", () => {
    const hedger = new Hedger(options);
    assertEquals(hedger.decide(4.9, 5), undefined);
    assertEquals(hedger.decide(6, 5)?.lots, -1);
  });
});
