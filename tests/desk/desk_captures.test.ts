import { assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { DEFAULT_OPTIONS, type DeskOptions } from "../../examples/desk/supervisor/desk_options.ts";
import { type DeskResult, runDesk } from "../../examples/desk/supervisor/run_desk.ts";

const FOLDER = process.env.SHMKIT_CAPTURES;
const skip = FOLDER === undefined && "SHMKIT_CAPTURES names no folder with captures of market data";
if (skip) console.warn(`SKIPPED: the desk on captures of real markets, as ${skip}`);

async function replay(file: string, options: Partial<DeskOptions>): Promise<DeskResult> {
  const files = [join(FOLDER ?? "", file)];
  const result = await runDesk({ ...DEFAULT_OPTIONS, files, seconds: Infinity, speed: 0, ...options });
  assertEquals([result.verdict.value, result.verdict.complaints], ["right", []]);
  assertEquals([result.last.feed.isComplete, result.last.feed.broken, result.audit.missing], [true, 0, 0]);
  return result;
}

/** The result of every replay of the Binance capture, whichever process dies meanwhile. */
function assertBinance({ audit, last }: DeskResult): void {
  assertEquals([last.feed.lines, last.feed.events, audit.events], [93_954, 93_954, 93_954]);
  const { tops, equalTops, crossed, trades, tradeHoles, depth, wrongBooks, wrongPositions } = audit;
  assertEquals({ tops, equalTops, crossed, trades, tradeHoles, wrongBooks, wrongPositions }, {
    tops: 6545,
    equalTops: 6545,
    crossed: 0,
    trades: 21_313,
    tradeHoles: 0,
    wrongBooks: 0,
    wrongPositions: 0,
  });
  // With the snapshot; two of the six early ones are applied behind it, and count as early here.
  assertEquals(depth, { pending: 0, applied: 6546, stale: 0, early: 6, gap: 0, restart: 0, restarted: 0, mismatch: 0 });
  assertEquals([last.validBooks, last.instruments], [1, 1]);
  const { count, filled, refused, misplaced, undecided } = audit.orders;
  assertEquals([filled + refused, misplaced, undecided], [count, 0, 0]);
  assertGreater(filled, 0);
}

describe("the desk on captures of real markets", { skip }, () => {
  it("Binance: 6,545 of 6,545 tops, no gap, 21,313 trades, through processes of both runtimes", async () => {
    assertBinance(await replay("binance-usdm-btcusdt-20240808.jsonl.gz", { mix: true }));
  });

  const options = [
    ["deribit-options-20210405.txt.gz", 273, 187],
    ["deribit-options-20210417.txt.gz", 92, 56],
  ] as const;
  for (const [file, tickers, books] of options) {
    for (const isKilling of [false, true]) {
      const how = isKilling ? ", with a process killed every 0.2 s" : "";
      it(`Deribit, ${file}: ${tickers} of ${tickers} tops and greeks, through processes of both runtimes${how}`, async () => {
        const { audit, last, deaths, kills } = await replay(file, {
          mix: true,
          ...(isKilling ? { speed: 25, killEveryMs: 200 } : {}),
        });
        assertEquals([audit.tops, audit.equalTops, audit.depth.applied], [tickers, tickers, books]);
        assertEquals([audit.greeks, audit.greeksWithin], [tickers, tickers]);
        assertEquals([audit.greeksPending, audit.depth.gap, audit.depth.early, last.validBooks], [0, 0, 0, 10]);
        assertEquals([deaths.length, kills > 0], [kills, isKilling]);
      });
    }
  }

  // Starting a process takes up to half a second on a loaded machine: at shorter intervals the desk hardly gets on.
  it("Binance, with a process killed every second: the same to the last figure", async () => {
    const result = await replay("binance-usdm-btcusdt-20240808.jsonl.gz", { mix: true, speed: 40, killEveryMs: 1000 });
    assertBinance(result);
    assertGreater(result.kills, 4);
    assertEquals(result.deaths.length, result.kills);
  });
});
