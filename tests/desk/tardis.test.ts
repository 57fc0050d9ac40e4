import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CaptureCheck } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { Definitions } from "../../examples/desk/input/definitions.ts";
import type { DepthEvent, MarketEvent } from "../../examples/desk/input/events.ts";
import { Instruments } from "../../examples/desk/input/instruments.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";
import { eventsOfText } from "./parse_text.ts";

const BOOK = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount";
const TRADES = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount";
const US = 1598918403696000;

/** Rows of a book. */
function rows(
  symbol: string,
  us: number,
  isSnapshot: boolean,
  ...levels: readonly (readonly [string, string, string])[]
): string[] {
  return levels.map(([side, price, amount]) =>
    `deribit,${symbol},${us - 696},${us},${isSnapshot},${side},${price},${amount}`
  );
}

function depthOf(event: MarketEvent): unknown {
  const { instrument, receivedUs, exchangeMs, isSnapshot, bids, asks } = event as DepthEvent;
  const side = ({ prices, quantities, length }: DepthEvent["bids"]) =>
    Array.from({ length }, (_, i) => [prices[i], quantities[i]]);
  return { instrument, receivedUs, exchangeMs, isSnapshot, bids: side(bids), asks: side(asks) };
}

const TEXT = [
  BOOK,
  ...rows("BTC-PERPETUAL", US, false, ["bid", "1", "1"]), // from before the snapshot
  ...rows("BTC-PERPETUAL", US + 1, true, ["bid", "11700.5", "10"], ["bid", "11700", "20"], ["ask", "11701", "5"]),
  ...rows("BTC-PERPETUAL", US + 2, true, ["ask", "11702", "6"]), // the rest of it
  ...rows("BTC-PERPETUAL", US + 3, false, ["bid", "11700.5", "0"], ["ask", "11701", "7.5"]),
  ...rows("BTC-25SEP20", US + 3, true, ["bid", "11800", "1"], ["ask", "11810", "2"]),
  ...rows("BTC-PERPETUAL", US + 4, true, ["bid", "11690", "1"], ["ask", "11691", "2"]),
].join("\n");

describe("tables of Tardis", () => {
  it("of books: rows that were received together are one change; a snapshot may come in parts, and takes the place of the book", () => {
    const parser = new CaptureParser(), events = eventsOfText(TEXT, parser);
    assertEquals([parser.report.broken, parser.report.skipped, parser.report.lines], [0, 1, 12]);
    assertEquals(parser.instruments.names, ["BTC-PERPETUAL", "BTC-25SEP20"]);
    assertEquals([0, 1].map((i) => parser.instruments.at(i).kind), ["inversePerpetual", "inverseFuture"]);
    const at = (rest: Record<string, unknown>, i: number) => {
      return { exchangeMs: (US + i - 696) / 1000, receivedUs: US + i, ...rest };
    };
    assertEquals(events.map(depthOf), [
      at({ instrument: 0, isSnapshot: false, bids: [[1, 1]], asks: [] }, 0),
      at({ instrument: 0, isSnapshot: true, bids: [[11700.5, 10], [11700, 20]], asks: [[11701, 5]] }, 1),
      at({ instrument: 0, isSnapshot: false, bids: [], asks: [[11702, 6]] }, 2),
      at({ instrument: 0, isSnapshot: false, bids: [[11700.5, 0]], asks: [[11701, 7.5]] }, 3),
      at({ instrument: 1, isSnapshot: true, bids: [[11800, 1]], asks: [[11810, 2]] }, 3),
      at({ instrument: 0, isSnapshot: true, bids: [[11690, 1]], asks: [[11691, 2]] }, 4),
    ]);
    const check = new CaptureCheck(parser.instruments);
    for (const event of events) check.accept(event);
    const { applied, snapshots, early, gaps, stale, crossed, invalid, tops } = check.finish();
    assertEquals({ applied, snapshots, early, gaps, stale, crossed, invalid, tops }, {
      applied: 2,
      snapshots: 3,
      early: 1,
      gaps: 0,
      stale: 0,
      crossed: 0,
      invalid: 0,
      tops: 0,
    });
  });

  it("of trades, which may have no numbers", () => {
    const text = [
      TRADES,
      `binance-futures,BTCUSDT,${US - 5},${US},202453,buy,11700.50,0.010`,
      `binance-futures,BTCUSDT,${US - 4},${US + 1},202454,sell,11700.4,1`,
      `okex-swap,BTC-USD-SWAP,${US - 4},${US + 1},a-1,sell,11700.4,100`,
      `okex-swap,BTC-USD-SWAP,${US - 4},${US + 1},,sell,11700.4,100`,
      `okex-swap,BTC-USD-SWAP,${US - 4},${US + 1},,unknown,11700.4,100`,
      `bybit,BTCUSD,${US - 4},${US + 1},7,sell,11700.4,100`,
    ].join("\r\n");
    const parser = new CaptureParser(),
      events = eventsOfText(text, parser),
      check = new CaptureCheck(parser.instruments);
    for (const event of events) check.accept(event);
    assertEquals(events.map((event) => event.kind === "trade" ? event.id : 0), [202453, 202454, NaN, NaN, 7]);
    assertEquals(parser.instruments.names, ["BTCUSDT", "BTC-USD-SWAP", "BTCUSD"]);
    assertEquals([0, 1, 2].map((i) => parser.instruments.at(i).kind), [
      "linearPerpetual",
      "inversePerpetual",
      "unknown",
    ]);
    const { trades, tradeHoles, bought } = check.finish();
    assertEquals([trades, tradeHoles, bought, parser.report.broken], [5, 0, 0.01, 0]);
    assertEquals(parser.report.reasons.map(({ reason }) => reason), [
      "Tardis: the header of trades",
      "Tardis: a trade of which nobody knows who took liquidity",
    ]);
  });

  it("have columns in any order, and more than are needed; other tables are named", () => {
    const mixed = [
      "exchange,symbol,amount,price,extra,side,is_snapshot,local_timestamp,timestamp",
      `deribit,BTC-PERPETUAL,10,11700.5,x,bid,true,${US},${US - 5}`,
    ].join("\n");
    const [event] = eventsOfText(mixed);
    assert(event.kind === "depth");
    assertEquals([event.bids.prices[0], event.bids.quantities[0], event.receivedUs], [11700.5, 10, US]);
    const parser = new CaptureParser();
    assertEquals(
      eventsOfText("exchange,symbol,timestamp,local_timestamp,ask_amount\nderibit,X,1,2,3\nderibit,X,1,2,3\n", parser),
      [],
    );
    assertEquals(parser.report.reasons.map(({ reason, count }) => [reason, count]), [
      ["Tardis: a table with the columns exchange,symbol,timestamp,local_timestamp,ask_amount", 1],
      ["Tardis: a row of a table that is not read", 2],
    ]);
  });

  it("continue after a broken row", () => {
    const row = `deribit,BTC-PERPETUAL,${US - 5},${US},true,bid,11700.5,10`;
    const broken = [
      row.replace("bid", "both"),
      row.replace("true", "maybe"),
      row.replace("11700.5", ""),
      row.replace("11700.5", "11700.5x"),
      row.replace(",10", ",-10"),
      row.replace(",10", ""),
      `${row},1`,
      row.replace(String(US), "now"),
      row.replace("BTC-PERPETUAL", ""),
      row.replace("11700.5", "1.2345678901234567"),
    ];
    const parser = new CaptureParser(), events = eventsOfText([BOOK, ...broken, row].join("\n"), parser);
    assertEquals([events.length, parser.report.broken], [1, broken.length]);
  });

  it("play as one recording: a file of books and one of trades", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
    try {
      writeFileSync(join(folder, "book.csv"), TEXT);
      writeFileSync(
        join(folder, "trades.csv"),
        [TRADES, `deribit,BTC-PERPETUAL,${US},${US + 3},5,buy,11701,100`].join("\n"),
      );
      const definitions = new Definitions(), instruments = new Instruments(definitions, true), kinds: string[] = [];
      const sources = ["trades.csv", "book.csv"].map((file) => new CaptureSource(join(folder, file), definitions));
      await replay(
        sources,
        new ReplayClock(Infinity),
        (event) => kinds.push(`${event.kind} ${event.receivedUs - US}`),
        { instruments },
      );
      assertEquals(kinds, ["depth 0", "depth 1", "depth 2", "depth 3", "depth 3", "trade 3", "depth 4"]);
      assertEquals(instruments.names, ["BTC-PERPETUAL", "BTC-25SEP20"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
