import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { BookReading } from "@shmkit/shmkit";
import { AsOfCheck } from "../../examples/desk/check/as_of_check.ts";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import type { DepthEvent } from "../../examples/desk/input/events.ts";
import { BinanceLines, countOn, restartedText } from "./binance_lines.ts";
import { change, fedBook } from "./fed_book.ts";
import { eventsOfText } from "./parse_text.ts";

function make() {
  return fedBook({ levels: 16, copies: 2 });
}

/** A change, or a whole book, whose best bid is its number. */
function event(last: number, exchangeMs: number, isSnapshot = false): DepthEvent {
  return change(last, [[last, 1]], [], { exchangeMs, isSnapshot });
}

function check(text: string): { summary: CheckSummary; parser: CaptureParser; check: CaptureCheck } {
  const parser = new CaptureParser(), events = eventsOfText(text, parser), check = new CaptureCheck(parser.instruments);
  for (const event of events) check.accept(event);
  return { summary: check.finish(), parser, check };
}

describe("a book whose sequence numbers begin anew", () => {
  it("takes a lower snapshot that is later, and continues from it", () => {
    const { book, feeder } = make(), top = new BookReading(1);
    assertEquals([feeder.feed(event(1000, 1, true)), feeder.feed(event(1001, 2))], ["applied", "applied"]);
    assertEquals(feeder.feed(event(5, 3, true)), "restarted");
    assertEquals(feeder.feed(event(6, 4)), "applied");
    assertEquals(feeder.feed(event(5, 3, true)), "stale", "it comes again");
    assert(book.read(top));
    assertEquals([top.bid, top.sequence], [6, 6]);
    assertEquals(feeder.counts, { applied: 2, snapshots: 2, stale: 1, early: 0, gaps: 0, restarts: 1 });
  });

  it("is invalid after three lower changes that are later, until the next snapshot; they are applied after it", () => {
    const { book, feeder } = make(), top = new BookReading(1);
    feeder.feed(event(1000, 1, true));
    assertEquals([2, 3, 4].map((last) => feeder.feed(event(last, last))), ["stale", "stale", "restart"]);
    assertEquals([book.read(top), feeder.awaitsSnapshot], [false, true]);
    assertEquals(feeder.feed(event(5, 5)), "early");
    assertEquals(feeder.feed(event(3, 6, true)), "applied");
    assert(book.read(top));
    assertEquals([top.sequence, top.bid], [5, 5]);
    assertEquals(feeder.counts, { applied: 2, snapshots: 2, stale: 2, early: 4, gaps: 0, restarts: 1 });
  });

  it("takes a lower snapshot of an unknown time once a later change follows it", () => {
    const { book, feeder } = make(), top = new BookReading(1);
    feeder.feed(event(1000, 1, true));
    feeder.feed(event(1001, 2));
    assertEquals(feeder.feed(event(5, NaN, true)), "stale");
    assertEquals(feeder.feed(event(6, 3)), "restarted");
    assert(book.read(top));
    assertEquals([top.sequence, top.bid, feeder.counts.restarts], [6, 6, 1]);
  });

  it("does not mistake old news for it: what is doubled, late, or of an unknown time", () => {
    const { feeder } = make();
    feeder.feed(event(1000, 10, true));
    for (let last = 1001; last <= 1010; last++) feeder.feed(event(last, last - 990));
    for (let last = 1001; last <= 1010; last++) assertEquals(feeder.feed(event(last, last - 990)), "stale", "doubled");
    assertEquals(feeder.feed(event(1005, 15, true)), "stale", "an older snapshot");
    for (const last of [995, 996, 997]) assertEquals(feeder.feed(event(last, 9)), "stale", "late");
    for (const last of [2, 3, 4, 5]) assertEquals(feeder.feed(event(last, NaN)), "stale", "of an unknown time");
    // Two that look like it, but the numbers continue.
    assertEquals([feeder.feed(event(2, 30)), feeder.feed(event(3, 31))], ["stale", "stale"]);
    assertEquals(feeder.feed(event(1011, 32)), "applied");
    assertEquals([feeder.feed(event(4, 33)), feeder.feed(event(5, 34))], ["stale", "stale"]);
    assertEquals(feeder.counts.restarts, 0);
  });

  it("follows a change that names the last one, whatever its own number: an exchange may count anew in order", () => {
    const { feeder } = make();
    feeder.feed(event(1000, 1, true));
    assertEquals(feeder.feed(Object.assign(event(1000, 2), { previous: 1000 })), "applied", "nothing changed");
    assertEquals(feeder.feed(Object.assign(event(7, 3), { previous: 1000 })), "applied");
    assertEquals(feeder.feed(event(8, 4)), "applied");
  });

  it("is compared with tickers of the new numbers only", () => {
    const tops = new AsOfCheck(),
      top = (at: number, bid: number) => ({ at, bid, bidQuantity: 1, ask: 200, askQuantity: 1 });
    tops.state(top(1000, 100));
    tops.ask(top(1050, 99)); // a change after 1000 may have been reported
    tops.restart();
    tops.state(top(5, 150));
    tops.ask(top(5, 150));
    tops.state(top(7, 151));
    tops.ask(top(6, 150));
    tops.state(top(1100, 160));
    tops.finish(false);
    assertEquals([tops.compared, tops.equal, tops.unanswered, tops.examples], [2, 2, 1, []]);
  });

  it("is found in a capture: with a snapshot, without one, and if the same is recorded again after itself", () => {
    const whole = check(restartedText((lines) => {
      lines.snapshot(5, [["200", "1"]], [["201", "1"]]);
      countOn(lines, 6, 1200);
    }));
    const { restarts, snapshots, gaps, stale, invalid, tops, equalTops, examples } = whole.summary;
    assertEquals({ restarts, snapshots, gaps, stale, invalid, tops, equalTops, examples }, {
      restarts: 1,
      snapshots: 2,
      gaps: 0,
      stale: 0,
      invalid: 0,
      tops: 1250,
      equalTops: 1250,
      examples: [],
    });
    const without = check(restartedText((lines) => countOn(lines, 6, 1200))).summary;
    assertEquals([without.restarts, without.invalid, without.equalTops, without.tops], [1, 1, 50, 50]);
    const first = restartedText(() => {}), later = first.replaceAll("17231612", "17231613");
    const twice = check(first + later).summary;
    assertEquals([twice.restarts, twice.invalid, twice.tops, twice.equalTops], [1, 0, 100, 100]);
  });
});

describe("a snapshot without a symbol", () => {
  const BTC = [["100", "1"]] as const, ETH = [["7", "1"]] as const;

  /** Two instruments that count with numbers of their own. */
  function two(): BinanceLines {
    const lines = new BinanceLines();
    lines.ticker(1000, ["100", "1"], ["101", "1"]).depth(1001, [["100", "2"]], [], { U: 998, pu: 990 });
    lines.symbol = "ETHUSDT";
    return lines.ticker(9000, ["7", "1"], ["8", "1"]).depth(9001, [["7", "2"]], [], { U: 8998, pu: 8990 });
  }

  function snapshotsOf(lines: BinanceLines): [string, number][] {
    const parser = new CaptureParser();
    return eventsOfText(lines.text, parser).flatMap((event) =>
      event.kind === "depth" && event.isSnapshot ? [[parser.instruments.names[event.instrument], event.last]] : []
    ) as [string, number][];
  }

  function brokenOf(lines: BinanceLines): string[] {
    const parser = new CaptureParser();
    eventsOfText(lines.text, parser);
    const { lines: read, skipped, broken, total } = parser.report;
    assertEquals(skipped + broken + total, read, "each line is something");
    return parser.report.examples;
  }

  it("belongs to the instrument within whose changes it lies, not to that of the line before", () => {
    assertEquals(snapshotsOf(two().snapshot(1000, BTC, [])), [["BTCUSDT", 1000]]);
    assertEquals(snapshotsOf(two().snapshot(8999, ETH, [])), [["ETHUSDT", 8999]]);
  });

  it("belongs to the one that it names", () => {
    assertEquals(snapshotsOf(two().snapshot(1000, BTC, [], { symbol: "BTCUSDT" })), [["BTCUSDT", 1000]]);
    assertEquals(snapshotsOf(two().snapshot(1000, ETH, [], { symbol: "ETHUSDT" })), [["ETHUSDT", 1000]]);
    assertEquals(snapshotsOf(new BinanceLines().snapshot(3, BTC, [], { symbol: "BTCUSDT" })), [["BTCUSDT", 3]]);
  });

  it("waits for a change that follows it, and comes in front of that", () => {
    const late = two().snapshot(1005, BTC, []);
    late.symbol = "BTCUSDT";
    late.trade(1, "100", "1").depth(1008, [["100", "3"]], [], { U: 1002, pu: 1001 });
    const parser = new CaptureParser(), kinds = eventsOfText(late.text, parser).slice(-3).map((event) => event.kind);
    assertEquals([kinds, parser.report.broken], [["trade", "depth", "depth"], 0]);
    assertEquals(snapshotsOf(late), [["BTCUSDT", 1005]]);
    const first = new BinanceLines().snapshot(999, BTC, []).depth(1000, [["100", "3"]], []);
    assertEquals(snapshotsOf(first), [["BTCUSDT", 999]], "of an instrument that was not seen before");
    // The one instrument that is known continues by its own numbers: the snapshot is of another one.
    const other = new BinanceLines().depth(1000, [["100", "3"]], []).snapshot(9000, ETH, []).depth(
      1001,
      [["100", "4"]],
      [],
    );
    other.symbol = "ETHUSDT";
    assertEquals(snapshotsOf(other.depth(9001, [["7", "1"]], [])), [["ETHUSDT", 9000]]);
  });

  it("is refused if it fits none, or more than one", () => {
    const none = brokenOf(two().snapshot(5000, BTC, []));
    assertEquals([none.length, none[0].includes("without a symbol must lie within a change")], [1, true]);
    const second = brokenOf(two().snapshot(5000, BTC, []).snapshot(5001, BTC, []));
    assertEquals(second.length, 2);
    const shared = new BinanceLines().depth(1010, [["100", "1"]], [], { U: 1000, pu: 999 });
    shared.symbol = "FOOUSDT";
    shared.depth(1012, [["101", "1"]], [], { U: 1001, pu: 998 });
    const several = brokenOf(shared.snapshot(1005, BTC, []));
    assertEquals([several.length, several[0].includes("must fit one instrument")], [1, true]);
  });

  it("of numbers that all share is identified by its price", () => {
    const lines = new BinanceLines().depth(1010, [["100", "1"]], [], { U: 1000, pu: 999 });
    lines.symbol = "ETHUSDT";
    lines.depth(1012, [["7", "1"]], [], { U: 1001, pu: 998 });
    assertEquals(snapshotsOf(lines.snapshot(1005, BTC, []).snapshot(1006, ETH, [])), [["BTCUSDT", 1005], [
      "ETHUSDT",
      1006,
    ]]);
  });
});
