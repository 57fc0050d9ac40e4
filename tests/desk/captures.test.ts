import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { join } from "node:path";
import process from "node:process";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { COMPARED } from "../../examples/desk/check/greeks_check.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { OrderReport } from "../../examples/desk/input/order_report.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";

const FOLDER = process.env.SHMKIT_CAPTURES;
const skip = FOLDER === undefined && "SHMKIT_CAPTURES names no folder with captures of market data";
if (skip) console.warn(`SKIPPED: the captures of real markets, as ${skip}`);

async function checkFile(file: string): Promise<{ source: CaptureSource; summary: CheckSummary }> {
  const source = new CaptureSource(join(FOLDER ?? "", file)), check = new CaptureCheck(source.instruments);
  const order = new OrderReport();
  await replay([source], new ReplayClock(Infinity), (event) => check.accept(event), { order });
  const summary = check.finish();
  assertEquals(summary.examples, []);
  assertEquals([source.report.broken, order.receivedBackwards], [0, 0]);
  return { source, summary };
}

describe("captures of real markets", { skip }, () => {
  it("Binance: 6,545 of 6,545 tops, no gap, 21,313 trades", async () => {
    const { source, summary } = await checkFile("binance-usdm-btcusdt-20240808.jsonl.gz");
    assertEquals(source.report.lines, 93_954);
    assertEquals(source.report.events, { depth: 6552, top: 66_089, trade: 21_313, ticker: 0 });
    const { snapshots, applied, stale, early, gaps, tops, equalTops, crossed, invalid } = summary;
    assertEquals({ snapshots, applied, stale, early, gaps, tops, equalTops, crossed, invalid }, {
      snapshots: 1,
      applied: 6547, // two of the six that came before the snapshot reach beyond it
      stale: 4,
      early: 6,
      gaps: 0,
      tops: 6545,
      equalTops: 6545,
      crossed: 0,
      invalid: 0,
    });
    const { trades, tradeHoles, bought, sold } = summary;
    assertEquals([trades, tradeHoles], [21_313, 0]);
    assertEquals([bought, sold], [1251.576, 1177.79]);
  });

  const options = [
    ["deribit-options-20210405.txt.gz", 273, 187],
    ["deribit-options-20210417.txt.gz", 92, 56],
  ] as const;
  for (const [file, tickers, books] of options) {
    it(`Deribit, ${file}: ${tickers} of ${tickers} tops, no gap, all greeks within the tolerances`, async () => {
      const { source, summary } = await checkFile(file);
      assertEquals(source.report.events, { depth: books, top: 0, trade: 0, ticker: tickers });
      assertEquals(source.instruments.names.length, 10);
      assertEquals([summary.snapshots, summary.gaps, summary.stale, summary.early, summary.invalid], [10, 0, 0, 0, 0]);
      assertEquals([summary.tops, summary.equalTops], [tickers, tickers]);
      for (const name of COMPARED) {
        assertLessOrEqual(summary.worstGreeks[name], 1, name);
        assertGreater(summary.worstGreeks[name], 0.1, `a tolerance is no wider than it must be: ${name}`);
      }
      assertEquals([summary.greeks, summary.greeksWithin], [tickers, tickers]);
    });
  }

  it("a lost line is a gap, which makes the book invalid; the rest continues", async () => {
    const source = new CaptureSource(join(FOLDER ?? "", "binance-usdm-btcusdt-20240808.jsonl.gz"));
    const check = new CaptureCheck(source.instruments);
    let depths = 0;
    await replay([source], new ReplayClock(Infinity), (event) => {
      if (event.kind !== "depth" || ++depths !== 3000) check.accept(event);
    });
    const { gaps, invalid, tops, equalTops, trades } = check.finish();
    assertEquals({ gaps, invalid, trades }, { gaps: 1, invalid: 1, trades: 21_313 });
    assert(tops === equalTops && tops === 3000 - 1 - 7, String(tops)); // the snapshot and the six before it
  });
});
