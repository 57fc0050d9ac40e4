import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { crc32 } from "../../examples/desk/check/crc32.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import type { MarketEvent } from "../../examples/desk/input/events.ts";
import { Random } from "../../support/random.ts";
import { OkxLines } from "./okx_lines.ts";
import { eventsOfText } from "./parse_text.ts";

interface Read {
  readonly events: readonly MarketEvent[];
  readonly parser: CaptureParser;
  readonly summary: CheckSummary;
}

function read(text: string): Read {
  const parser = new CaptureParser(), events = eventsOfText(text, parser), check = new CaptureCheck(parser.instruments);
  for (const event of events) check.accept(event);
  return { events, parser, summary: check.finish() };
}

/**
 * A book of 40 levels a side that changes 300 times; its numbers are sent with digits as they come, zeros at the end
 * too.
 */
function bookText(isNumbered: boolean, edit: (lines: OkxLines, change: number) => void = () => {}): OkxLines {
  const random = new Random(21), lines = new OkxLines("BTC-USDT-SWAP", isNumbered);
  const size = () => ["1", "2.0", "0.50", "0.00000001", "120", "7.25", "1000000000"][random.below(7)];
  const price = (units: number) => units % 3 === 0 ? (units / 10).toFixed(2) : String(units / 10);
  const levels = (from: number, step: number) =>
    Array.from({ length: 40 }, (_, i) => [price(from + i * step), size()] as const);
  lines.book("snapshot", levels(99_990, -1), levels(100_000, 1));
  for (let i = 1; i <= 300; i++) {
    const sizeOrGone = () => random.below(3) === 0 ? "0" : size();
    lines.book("update", [[price(99_990 - random.below(45)), sizeOrGone()]], [[
      price(100_000 + random.below(45)),
      sizeOrGone(),
    ]]);
    edit(lines, i);
  }
  return lines;
}

describe("OKX", () => {
  it("computes the CRC-32 that all do", () => {
    assertEquals([crc32("123456789"), crc32(""), crc32("3366.1:7:3366.8:9")], [
      0xcbf43926 | 0,
      0,
      crc32("3366.1:7:3366.8:9"),
    ]);
  });

  for (const isNumbered of [true, false]) {
    it(`has a checksum with each change, and each matches, ${isNumbered ? "with" : "without"} numbers`, () => {
      const { summary, parser } = read(bookText(isNumbered).text);
      const { checksums, equalChecksums, applied, snapshots, gaps, invalid, stale } = summary;
      assertEquals({ checksums, equalChecksums, applied, snapshots, gaps, invalid, stale }, {
        checksums: 301,
        equalChecksums: 301,
        applied: 300,
        snapshots: 1,
        gaps: 0,
        invalid: 0,
        stale: 0,
      });
      assertEquals([parser.report.broken, parser.instruments.at(0).kind], [0, "linearPerpetual"]);
    });
  }

  it("a change that is lost is a gap by its number, and shows in the checksum without one; a snapshot mends both", () => {
    const cut = (isNumbered: boolean) => {
      const lines = bookText(isNumbered, (lines, i) => {
        if (i === 200) lines.book("snapshot", [["9999.0", "1"]], [["10000.0", "1.0"]]);
      });
      lines.lines.splice(100, 1);
      return read(lines.text).summary;
    };
    const numbered = cut(true), unnumbered = cut(false);
    assertEquals([numbered.gaps, numbered.invalid, numbered.checksums - numbered.equalChecksums], [1, 0, 0]);
    assertEquals([unnumbered.gaps, unnumbered.invalid, unnumbered.checksums - unnumbered.equalChecksums], [0, 0, 1]);
    assertEquals([numbered.equalChecksums, unnumbered.equalChecksums], [201, 201], "none in between");
    assertEquals([numbered.checksums, unnumbered.checksums], [201, 202]);
  });

  it("a checksum that is wrong makes the book invalid until the next snapshot", () => {
    const lines = bookText(
      true,
      (lines, i) => i === 150 && lines.book("update", [["9998", "5"]], [], { checksum: 12345 }),
    );
    const { checksums, equalChecksums, invalid, early } = read(lines.text).summary;
    assertEquals({ checksums, equalChecksums, invalid, early }, {
      checksums: 152,
      equalChecksums: 151,
      invalid: 1,
      early: 150,
    });
  });

  it("a checksum of 0 is none, a heartbeat changes nothing, and numbers may begin anew in order", () => {
    const none = bookText(true);
    const text = none.text.replace(/"checksum":-?\d+/g, `"checksum":0`);
    assertEquals([read(text).summary.checksums, read(text).summary.invalid], [0, 0]);
    const last = 100 + 3 * 301;
    const more = bookText(true);
    const { checksum } = more;
    const update = (prevSeqId: number, seqId: number) =>
      more.json({
        arg: { channel: "books", instId: more.instrument },
        action: "update",
        data: [{ asks: [], bids: [], ts: "1652459229000", checksum, seqId, prevSeqId }],
      });
    for (let i = 0; i < 5; i++) update(last, last);
    update(last, 7);
    update(7, 9);
    const { equalChecksums, checksums, gaps, restarts, invalid } = read(more.text).summary;
    assertEquals({ equalChecksums, checksums, gaps, restarts, invalid }, {
      equalChecksums: 308,
      checksums: 308,
      gaps: 0,
      restarts: 0,
      invalid: 0,
    });
  });

  it("has trades, several in a message, and tickers", () => {
    const lines = new OkxLines("BTC-USD-SWAP", true).trades(5, "10").trades(6, "1", "2", "3");
    lines.json({
      arg: { channel: "trades", instId: "BTC-USD-SWAP" },
      data: [{
        instId: "BTC-USD-SWAP",
        tradeId: "12",
        count: "4",
        px: "99.5",
        sz: "9",
        side: "sell",
        ts: "1652459225393",
      }],
    });
    lines.json({
      data: [{ instId: "BTC-USD-SWAP", bidPx: "99", bidSz: "4", askPx: "", askSz: "", ts: "1652459225394" }],
      arg: { channel: "tickers" },
    });
    const { events, parser, summary } = read(lines.text);
    assertEquals([parser.report.broken, parser.report.skipped, parser.instruments.names], [0, 0, ["BTC-USD-SWAP"]]);
    assertEquals([summary.trades, summary.tradeHoles, summary.bought, summary.sold], [5, 0, 14, 11]);
    const ticker = events.at(-1);
    assert(ticker?.kind === "top");
    assertEquals([ticker.bid, ticker.bidQuantity, ticker.ask, ticker.askQuantity, ticker.sequence], [99, 4, 0, 0, NaN]);
  });

  it("knows books of 400 levels no further than their last one; those of the best five are snapshots", () => {
    const levels = (count: number, from: number, step: number) =>
      Array.from({ length: count }, (_, i) => [String(from + i * step), "1"] as const);
    const [whole, limited] = [399, 400].map((count) => {
      const lines = new OkxLines("BTC-USDT", false).book("snapshot", levels(count, 1000, -1), levels(10, 1001, 1));
      const [event] = read(lines.text).events;
      assert(event.kind === "depth");
      return [event.knownBid, event.knownAsk];
    });
    assertEquals([whole, limited], [[-Infinity, Infinity], [601, Infinity]]);
    const five = new OkxLines("BTC-USDT", true).json({
      arg: { channel: "books5", instId: "BTC-USDT" },
      data: [{ asks: levels(5, 101, 1), bids: levels(5, 100, -1), instId: "BTC-USDT", ts: "1652459225393", seqId: 5 }],
    });
    const [event] = read(five.text).events;
    assert(event.kind === "depth");
    assertEquals([event.isSnapshot, event.isPartial, event.last, event.knownBid, event.knownAsk], [
      true,
      true,
      5,
      96,
      105,
    ]);
  });

  it("what is of no use is named, and what lacks something is broken", () => {
    const lines = new OkxLines("BTC-USDT", true).json({
      event: "subscribe",
      arg: { channel: "books", instId: "BTC-USDT" },
    });
    lines.json({ arg: { channel: "candle1m", instId: "BTC-USDT" }, data: [["1", "2"]] }).json({
      arg: { channel: "trades" },
      data: [],
    });
    const book = { asks: [["1", "1"]], bids: [], ts: "1", checksum: 1 }, arg = { channel: "books", instId: "BTC-USDT" };
    const broken: unknown[] = [
      { arg, data: [book] },
      { arg, action: "update", data: [] },
      { arg, action: "update", data: [{ ...book, ts: undefined }] },
      { arg, action: "update", data: [{ ...book, bids: undefined }] },
      { arg, action: "update", data: [{ ...book, asks: [["1"]] }] },
      { arg, action: "update", data: [{ ...book, asks: [["1", "-1"]] }] },
      { arg, action: "update", data: [book, book] },
      { arg: { channel: "books" }, action: "update", data: [book] },
      {
        arg: { channel: "trades", instId: "BTC-USDT" },
        data: [{ px: "1", sz: "0", tradeId: "1", ts: "1", side: "buy" }],
      },
      {
        arg: { channel: "trades", instId: "BTC-USDT" },
        data: [{ px: "1", sz: "1", tradeId: "x", ts: "1", side: "buy" }],
      },
      {
        arg: { channel: "trades", instId: "BTC-USDT" },
        data: [{ px: "1", sz: "1", tradeId: "1", ts: "1", side: "up" }],
      },
    ];
    for (const message of broken) lines.json(message);
    const { events, parser: { report } } = read(lines.text);
    assertEquals([events, report.broken, report.skipped], [[], broken.length, 3]);
    assertEquals(report.reasons.filter(({ isBroken }) => !isBroken).map(({ reason }) => reason), [
      "OKX: an answer to a request",
      "OKX: channel candle1m",
      "OKX: a message of no trades",
    ]);
  });
});
