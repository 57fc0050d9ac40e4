import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import type { MarketEvent } from "../../examples/desk/input/events.ts";
import type { LineReason } from "../../examples/desk/input/input_report.ts";
import { TradeStreams } from "../../examples/desk/input/trade_streams.ts";
import { BinanceLines } from "./binance_lines.ts";
import { captureText, UPDATES } from "./desk_capture.ts";
import { eventsOfText } from "./parse_text.ts";

/** What a text comes to. */
interface Read {
  readonly events: readonly MarketEvent[];
  readonly names: readonly string[];
  readonly kinds: readonly string[];
  readonly reasons: readonly LineReason[];
  readonly broken: number;
  readonly summary: CheckSummary;
}

function read(text: string): Read {
  const parser = new CaptureParser(), events = eventsOfText(text, parser), check = new CaptureCheck(parser.instruments);
  for (const event of events) check.accept(event);
  const { instruments, report } = parser, kinds = instruments.names.map((_, i) => instruments.at(i).kind);
  return {
    events,
    names: instruments.names,
    kinds,
    reasons: report.reasons,
    broken: report.broken,
    summary: check.finish(),
  };
}

function reasonsOf({ reasons }: Read): [string, number][] {
  return reasons.map(({ reason, count }) => [reason, count]);
}

/** Lines in which each message comes as it is, without the wrapper of combined streams. */
function unwrapped(text: string): string {
  return text.replace(/\{"stream":"[^"]*","data":(\{.*\})\}$/gm, "$1");
}

/** A spot market's capture: no times in snapshots and tickers, no `pu`. */
function spotText(gapAt = 0): string {
  const lines = new BinanceLines("NKNUSDT");
  const depth = (U: number, u: number, b: string) =>
    lines.json({
      stream: "nknusdt@depth@100ms",
      data: { e: "depthUpdate", E: lines.timeMs, s: "NKNUSDT", U, u, b: [["0.35", b]], a: [] },
    });
  const ticker = (u: number, B: string) =>
    lines.json({ stream: "nknusdt@bookTicker", data: { u, s: "NKNUSDT", b: "0.35", B, a: "0.36", A: "7" } });
  ticker(96, "1");
  depth(95, 101, "1");
  lines.json({ lastUpdateId: 99, bids: [["0.35", "1"]], asks: [["0.36", "7"]] });
  for (let i = 1; i <= 40; i++) {
    const u = 101 + 3 * i;
    if (i !== gapAt) depth(u - 2, u, `${i}.5`);
    ticker(u, `${i}.5`);
  }
  return lines.text;
}

describe("streams of Binance", () => {
  it("without the wrapper are the same messages", () => {
    const wrapped = read(captureText()), raw = read(unwrapped(captureText()));
    assert(!unwrapped(captureText()).includes("stream"));
    assertEquals(raw.events, wrapped.events);
    assertEquals([raw.summary.tops, raw.summary.equalTops], [UPDATES, UPDATES]);
  });

  it("of the spot market follow by their first number; its tickers and snapshots have no time", () => {
    const { names, kinds, summary, broken, reasons } = read(spotText());
    assertEquals([names, kinds, broken, reasons], [["NKNUSDT"], ["spot"], 0, []]);
    const { applied, early, stale, gaps, tops, equalTops, invalid } = summary;
    assertEquals({ applied, early, stale, gaps, tops, equalTops, invalid }, {
      applied: 41,
      early: 1,
      stale: 0,
      gaps: 0,
      tops: 40,
      equalTops: 40,
      invalid: 0,
    });
    const gap = read(spotText(20)).summary;
    assertEquals([gap.gaps, gap.invalid, gap.tops, gap.equalTops], [1, 1, 19, 19]);
  });

  it("of the spot market are others than those of futures of the same name", () => {
    const both = read(spotText().replaceAll("NKNUSDT", "BTCUSDT") + captureText());
    assertEquals([both.names, both.kinds], [["BTCUSDT", "BTCUSDT"], ["spot", "linearPerpetual"]]);
    assertEquals([both.summary.gaps, both.summary.invalid, both.summary.equalTops], [0, 0, 240]);
  });

  /** A stream of the best five levels, of which each leaves out what the one before had. */
  function partial(lines: BinanceLines, symbol: string, isSpot: boolean): BinanceLines {
    for (let i = 1; i <= 9; i++) {
      const bids = Array.from({ length: 5 }, (_, j) => [String(100 + i - j), "1"]);
      const asks = Array.from({ length: 5 }, (_, j) => [String(101 + i + j), "1"]), u = 1000 + 10 * i;
      const data = isSpot
        ? { lastUpdateId: u, bids, asks }
        : { e: "depthUpdate", E: u, T: u, s: symbol, U: u - 9, u, pu: u - 17, b: bids, a: asks };
      lines.json({ stream: `${symbol.toLowerCase()}@depth5@100ms`, data });
    }
    return lines;
  }

  it("of the best few levels are snapshots, each of which takes the place of the one before", () => {
    for (const isSpot of [true, false]) {
      const { events, names, summary, broken } = read(partial(new BinanceLines("FOOUSDT"), "FOOUSDT", isSpot).text);
      assertEquals([names, broken], [["FOOUSDT"], 0]);
      assert(events.every((event) => event.kind === "depth" && event.isSnapshot && event.isPartial));
      const { snapshots, applied, gaps, crossed, invalid } = summary;
      assertEquals({ snapshots, applied, gaps, crossed, invalid }, {
        snapshots: 9,
        applied: 0,
        gaps: 0,
        crossed: 0,
        invalid: 0,
      });
    }
  });

  it("of the best few levels do not take the place of a book that changes keep right", () => {
    const lines = new BinanceLines("FOOUSDT");
    lines.ticker(1000, ["99", "1"], ["100", "1"]).snapshot(1000, [["99", "1"], ["50", "1"]], [["100", "1"]]);
    partial(lines, "FOOUSDT", false).depth(1095, [["99", "0"], ["98", "2"]], [], { U: 1001, pu: 1000 });
    const { summary } = read(lines.ticker(1095, ["98", "2"], ["100", "1"]).text);
    const { snapshots, applied, stale, gaps, invalid, tops, equalTops } = summary;
    assertEquals({ snapshots, applied, stale, gaps, invalid, tops, equalTops }, {
      snapshots: 1,
      applied: 1,
      stale: 9,
      gaps: 0,
      invalid: 0,
      tops: 1,
      equalTops: 1,
    });
  });

  it("without a wrapper are known by the connection to be of the best few levels", () => {
    const text = unwrapped(partial(new BinanceLines("FOOUSDT"), "FOOUSDT", false).text);
    const { summary } = read(`wss://fstream.binance.com/ws/foousdt@depth5@100ms <-> 1723161254.9\n${text}`);
    assertEquals([summary.snapshots, summary.gaps, summary.invalid], [9, 0, 0]);
    const changes = read(`wss://fstream.binance.com/ws/foousdt@depth@100ms <-> 1723161254.9\n${text}`).summary;
    assertEquals([changes.snapshots, changes.early], [0, 9]);
  });

  it("of trades: aggregate ones count if there are no others, or come first", () => {
    const trade = { s: "BTCUSDT", p: "100", q: "2", T: 5, E: 6, m: true };
    const aggregate = new BinanceLines().json({
      stream: "btcusdt@aggTrade",
      data: { e: "aggTrade", a: 7, f: 10, l: 12, ...trade },
    });
    const { events } = read(aggregate.text), [event] = events;
    assert(event.kind === "trade");
    assertEquals([event.id, event.price, event.quantity, event.isTakerBuy, event.isAggregate], [
      7,
      100,
      2,
      false,
      true,
    ]);
    const streams = new TradeStreams(), single = read(new BinanceLines().trade(10, "100", "2").text).events[0];
    assertEquals([event, single, event, single].map((each) => streams.accept(each)), [true, false, true, false]);
    assertEquals(streams.repeated, 2);
    const large = new BinanceLines().json({ data: { e: "aggTrade", a: 2_221_111_333, f: 1, l: 1, ...trade } });
    assertEquals(read(large.text).summary.trades, 1);
  });

  it("that are of no use are named", () => {
    const lines = new BinanceLines();
    for (const e of ["kline", "kline", "markPriceUpdate"]) {
      lines.json({ stream: "btcusdt@x", data: { e, s: "BTCUSDT" } });
    }
    lines.json({ e: "24hrTicker", s: "BTCUSDT", p: "-1" }).json({ result: null, id: 1 }).json({
      code: -1121,
      msg: "Invalid symbol.",
    });
    lines.json({ stream: "!forceOrder@arr", data: { o: 1 } }).json([{ e: "24hrMiniTicker" }]).json({});
    assertEquals(reasonsOf(read(lines.text)), [
      ["Binance: kline", 2],
      ["Binance: markPriceUpdate", 1],
      ["Binance: 24hrTicker", 1],
      ["an answer to a request", 1],
      ["Binance: an error", 1],
      ["Binance: stream @arr", 1],
      ["a message of no known exchange: an array", 1],
      ["an empty message", 1],
    ]);
  });
});

describe("Binance as a recorder of WebSockets and of requests keeps it", () => {
  it("is one recording: snapshots are those of the symbol that was requested", () => {
    const symbols = ["SUSHIUSDT", "AKROUSDT"];
    const at = (seconds: number, message: unknown) => `${seconds.toFixed(6)}: ${JSON.stringify(message)}`;
    const socket = [
      "wss://fstream.binance.com/stream?streams=sushiusdt@depth@100ms/akrousdt@depth@100ms <-> 1626992740.9",
    ];
    const rest = symbols.map((symbol, i) =>
      `https://fapi.binance.com/fapi/v1/depth?symbol=${symbol}&limit=1000 -> 1626992741.${300 + i}: ${
        JSON.stringify({ lastUpdateId: 1000 + i, E: 9, T: 8, bids: [[`${i + 1}`, "5"]], asks: [[`${i + 2}`, "6"]] })
      }`
    );
    for (let u = 990; u < 1100; u += 10) {
      for (const [i, s] of symbols.entries()) {
        const b = [[`${i + 1}`, `${u}`]],
          T = u,
          first = { e: "depthUpdate", E: u, T, s, U: u + i - 8, u: u + i, pu: u + i - 10 };
        socket.push(
          at(1626992740 + u / 1000, { stream: `${s.toLowerCase()}@depth@100ms`, data: { ...first, b, a: [] } }),
        );
        const ticker = { e: "bookTicker", u: u + i, s, b: `${i + 1}`, B: `${u}`, a: `${i + 2}`, A: "6", T, E: T };
        socket.push(at(1626992740 + u / 1000, { stream: `${s.toLowerCase()}@bookTicker`, data: ticker }));
      }
    }
    const lines = [...socket.slice(0, 10), ...rest, ...socket.slice(10)].join("\n");
    const { names, summary, broken, reasons } = read(lines);
    assertEquals([names, broken], [symbols, 0]);
    assertEquals(reasons.map(({ reason }) => reason), ["the recorder: a connection"]);
    const { snapshots, gaps, invalid, tops, equalTops } = summary;
    assertEquals({ snapshots, gaps, invalid, tops: tops > 12, equal: equalTops === tops }, {
      snapshots: 2,
      gaps: 0,
      invalid: 0,
      tops: true,
      equal: true,
    });
  });

  it("other requests are named, and what is broken is", () => {
    const result = read([
      `https://api.binance.com/api/v3/time -> 1626992741.3: {"serverTime":1}`,
      `https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5 -> 1626992741.3: {"lastUpdateId":1,"bids":[],"asks":[]}`,
      `https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5 -> 1626992741.3: {"lastUpdateId":1,"bids":[]`,
      `https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5 -> 1626992741.3: {"code":-1003,"msg":"Too many requests"}`,
    ].join("\n"));
    assertEquals(reasonsOf(result), [
      ["an answer to a request for /api/v3/time", 1],
      ["it must be whole JSON", 1],
      ["Binance: an error", 1],
    ]);
    assertEquals([result.kinds, result.broken], [["spot"], 1]);
  });
});

describe("streams of Deribit", () => {
  const line = (channel: string, data: unknown) =>
    `1729000000.010000: ${JSON.stringify({ params: { channel, data } })}\n`;
  const trade = { instrument_name: "BTC-PERPETUAL", trade_seq: 7, price: 67000.5, amount: 500, direction: "sell" };

  it("of trades hold several, of which none counts if one is broken", () => {
    const second = { ...trade, trade_seq: 8, direction: "buy", timestamp: 1729000000001, trade_id: "x" };
    const { events, summary } = read(
      line("trades.BTC-PERPETUAL.raw", [{ ...trade, timestamp: 1729000000000 }, second]),
    );
    assertEquals([events.length, summary.trades, summary.tradeHoles, summary.bought, summary.sold], [
      2,
      2,
      0,
      500,
      500,
    ]);
    for (
      const broken of [{ price: 0 }, { amount: -1 }, { direction: "up" }, { timestamp: undefined }, {
        instrument_name: "",
      }]
    ) {
      const result = read(line("trades.BTC-PERPETUAL.100ms", [{ ...trade, timestamp: 1 }, { ...second, ...broken }]));
      assertEquals([result.events.length, result.broken], [0, 1], JSON.stringify(broken));
    }
  });

  /** A book, and what a ticker says of it at its time. */
  function tickerOf(channel: string, book: string, ask: number): Read {
    const name = "BTC-PERPETUAL",
      timestamp = 1729000000000,
      levels = { bids: [["new", 67000, 100]], asks: [["new", 67001, 50]] };
    const best = { best_bid_price: 67000, best_bid_amount: 100, best_ask_price: ask, best_ask_amount: 50 };
    const text = line(book, { type: "snapshot", timestamp, instrument_name: name, change_id: 1, ...levels });
    return read(text + line(channel, { timestamp: timestamp + 5, instrument_name: name, ...best }));
  }

  it("of tickers without greeks, and of quotes, report the best prices of their time", () => {
    for (const channel of ["ticker.BTC-PERPETUAL.raw", "quote.BTC-PERPETUAL"]) {
      const { events, summary } = tickerOf(channel, "book.BTC-PERPETUAL.raw", 67001);
      assertEquals([events.map(({ kind }) => kind), summary.tops, summary.equalTops], [["depth", "top"], 1, 1]);
      assertEquals(tickerOf(channel, "book.BTC-PERPETUAL.raw", 67002).summary.equalTops, 0);
    }
  });

  it("of books that are sent now and then are not compared with what is reported in between", () => {
    const { summary } = tickerOf("ticker.BTC-PERPETUAL.raw", "book.BTC-PERPETUAL.100ms", 67002);
    assertEquals([summary.snapshots, summary.invalid, summary.tops, summary.unansweredTops], [1, 0, 0, 1]);
  });

  it("of the best few levels are snapshots; those whose prices are grouped are refused by name", () => {
    const data = (change_id: number, price: number) => ({
      timestamp: 1729000000000 + change_id,
      instrument_name: "BTC-PERPETUAL",
      change_id,
      bids: [[price, 10]],
      asks: [[price + 1, 20]],
    });
    const text = [1, 2, 5].map((id) => line("book.BTC-PERPETUAL.none.10.100ms", data(id, 67000 - id))).join("");
    const { summary, events, broken } = read(text);
    assertEquals([summary.snapshots, summary.gaps, summary.crossed, summary.invalid, broken], [3, 0, 0, 0, 0]);
    assert(events.every((event) => event.kind === "depth" && event.isPartial));
    const grouped = read(line("book.BTC-PERPETUAL.5.10.100ms", data(1, 67000)));
    assertEquals([grouped.events.length, grouped.broken, grouped.reasons[0].reason.includes("grouped by 5")], [
      0,
      0,
      true,
    ]);
  });

  it("that are of no use are named", () => {
    const text = line("deribit_price_index.btc_usd", { price: 1 }) + line("trades.X.raw", []) +
      `1729000000.1: {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}\n` +
      `1729000000.1: {"jsonrpc":"2.0","id":1,"result":["book.X.raw"]}\n`;
    assertEquals(reasonsOf(read(text)), [
      ["Deribit: channel deribit_price_index", 1],
      ["Deribit: a message of no trades", 1],
      ["Deribit: method heartbeat", 1],
      ["Deribit: an answer to a request", 1],
    ]);
  });
});

describe("lines that hold no event", () => {
  it("are counted by reason, with the first of each; too many kinds become one", () => {
    const lines = new BinanceLines().trade(1, "100", "1").json({ topic: "trade.BTCUSDT", data: [1] });
    lines.lines.push(
      `1723161255000 {"e":"trade","s`,
      "abc",
      "!",
      `1723161255.1: {"topic":"x"}`,
      `1723161255.1: pong`,
      "",
    );
    const result = read(lines.text.trimEnd() + "\n\n");
    assertEquals(result.reasons, [
      {
        reason: `a message of no known exchange: it begins with "topic"`,
        isBroken: false,
        count: 2,
        line: 2,
        example: lines.lines[1],
      },
      { reason: "it must be whole JSON", isBroken: true, count: 2, line: 3, example: lines.lines[2] },
      { reason: "it must begin with a time", isBroken: true, count: 2, line: 4, example: "abc" },
      { reason: "an empty line", isBroken: false, count: 1, line: 8, example: "" },
    ]);
    const many = read(
      Array.from({ length: 200 }, (_, i) => `1723161255.1: {"k${i}":"${"x".repeat(300)}\u0007"}`).join("\n"),
    );
    assertEquals(many.reasons.reduce((sum, { count }) => sum + count, 0), 200);
    assert(
      many.reasons.length <= 42 && many.reasons.every(({ example }) => example.length <= 121),
      `${many.reasons.length}`,
    );
  });

  it("whose numbers are too long are distinguished from broken ones", () => {
    const text = (price: string) => new BinanceLines().trade(1, price, "1").text;
    assertEquals(reasonsOf(read(text("100.1234567890123456"))).map(([reason]) => reason.includes("must be exact")), [
      true,
    ]);
    assertEquals(reasonsOf(read(text("332200000.000000000"))), []);
    assertEquals(reasonsOf(read(text("1..5"))), [["it must be whole JSON", 1]]);
  });
});
