import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { CaptureCheck } from "../../examples/desk/check/capture_check.ts";
import type { MarketEvent } from "../../examples/desk/input/events.ts";
import { OrderReport } from "../../examples/desk/input/order_report.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";
import { Hawkes } from "../../examples/desk/market/hawkes.ts";
import { SeededRandom } from "../../examples/desk/market/seeded_random.ts";
import { isHedge, optionTermsOf } from "../../examples/desk/instrument/instrument_model.ts";
import { SimulatedMarket, type SimulatedMarketOptions } from "../../examples/desk/market/simulated_market.ts";

/** All events of a market, in few letters. */
function digest(options: SimulatedMarketOptions): string {
  const hash = createHash("sha256"), market = new SimulatedMarket(options);
  for (let event = market.next(); event !== undefined; event = market.next()) hash.update(text(event));
  return hash.digest("hex");
}

function text(event: MarketEvent): string {
  if (event.kind !== "depth") return JSON.stringify(event);
  const { bids, asks, ...rest } = event;
  const sides = [bids, asks].map(({ prices, quantities, length }) => [
    [...prices.subarray(0, length)],
    [...quantities.subarray(0, length)],
  ]);
  return JSON.stringify([rest, sides]);
}

describe("the built-in market", () => {
  it("is the same for the same seed, and another one for another", () => {
    const first = digest({ seed: 3, events: 5000 });
    assertEquals(digest({ seed: 3, events: 5000 }), first);
    assert(digest({ seed: 4, events: 5000 }) !== first);
  });

  it("has a future and a chain of options: expiries, strikes, calls and puts", () => {
    const { instruments } = new SimulatedMarket(), { names } = instruments;
    assertEquals([names[0], isHedge(instruments.at(0))], ["BTCUSDT", true]);
    const options = names.slice(1).map((_, i) => optionTermsOf(instruments.at(i + 1)));
    assertEquals(options.length, 3 * 11 * 2);
    assertEquals(new Set(options.map((option) => option?.expiryMs)).size, 3);
    assertEquals(options.filter((option) => option?.isCall).length, 33);
    assert(options.some((option) => option?.strike === 60_000));
  });

  it("passes the checks of a capture: no gap, no crossed book, every top and every greek as reported", async () => {
    const market = new SimulatedMarket({ events: 60_000 }), check = new CaptureCheck(market.instruments);
    const order = new OrderReport();
    await replay([market], new ReplayClock(Infinity), (event) => check.accept(event), { order });
    const summary = check.finish();
    const { gaps, crossed, invalid, stale, early, tradeHoles, snapshots, examples } = summary;
    assertEquals({ gaps, crossed, invalid, stale, early, tradeHoles, examples }, {
      gaps: 0,
      crossed: 0,
      invalid: 0,
      stale: 0,
      early: 0,
      tradeHoles: 0,
      examples: [],
    });
    assertEquals(snapshots, market.instruments.names.length);
    assertEquals(summary.equalTops, summary.tops);
    assertEquals(summary.greeksWithin, summary.greeks);
    const { events } = market.report, { receivedBackwards, exchangeBackwards } = order;
    assertEquals([receivedBackwards, exchangeBackwards], [0, 0]);
    for (const kind of ["depth", "top", "trade", "ticker"] as const) assertGreater(events[kind], 1000, kind);
    assertGreater(summary.bought, 0);
    assertGreater(summary.sold, 0);
    assertGreater(summary.tops, 20_000);
  });

  it("moves, but not away", () => {
    const market = new SimulatedMarket({ events: 100_000, expiryDays: [] });
    let lowest = Infinity, highest = 0, spread = 0, tops = 0;
    for (let event = market.next(); event !== undefined; event = market.next()) {
      if (event.kind !== "top") continue;
      lowest = Math.min(lowest, event.bid);
      highest = Math.max(highest, event.ask);
      spread += event.ask - event.bid;
      tops++;
    }
    assertGreater(highest - lowest, 10);
    assertLess(highest / lowest, 1.05);
    assertLess(spread / tops, 6);
  });

  it("has orders that come in clusters", () => {
    // The number of arrivals in equal times: for independent ones its variance is its mean.
    const dispersion = (branching: number) => {
      const arrivals = new Hawkes(new SeededRandom(9), { rate: 1000, branching, memory: 0.05 });
      const counts: number[] = [];
      for (let time = arrivals.next(); time < 100; time += arrivals.next()) {
        const slot = Math.floor(time * 2);
        counts[slot] = (counts[slot] ?? 0) + 1;
      }
      const all = Array.from(counts, (count) => count ?? 0);
      const mean = all.reduce((sum, count) => sum + count, 0) / all.length;
      return { mean, ratio: all.reduce((sum, count) => sum + (count - mean) ** 2, 0) / all.length / mean };
    };
    const alone = dispersion(0), clustered = dispersion(0.7);
    assert(Math.abs(alone.mean - 500) < 25 && Math.abs(clustered.mean - 500) < 50);
    assertLess(alone.ratio, 1.6);
    assertGreater(clustered.ratio, 3);
  });
});
