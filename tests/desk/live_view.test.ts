import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { OrderBook, Segment } from "@shmkit/shmkit";
import { depthEvent } from "../../examples/desk/input/events.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import { bookOptions } from "../../examples/desk/layout/books.ts";
import { InstrumentWriter } from "../../examples/desk/processes/instrument_writer.ts";
import { ownCounts } from "../../examples/desk/layout/process_counts.ts";
import { DEFAULT_LIMITS } from "../../examples/desk/layout/desk_limits.ts";
import { DESK_BYTES, openDesk, ROLES } from "../../examples/desk/layout/desk.ts";
import { DeskObserver, type DeskSnapshot } from "../../examples/desk/view/desk_snapshot.ts";
import { flow, wrap } from "../../examples/desk/view/flow.ts";
import { duration, percent, plural } from "../../examples/desk/view/format.ts";
import { lineView } from "../../examples/desk/view/line_view.ts";
import { liveView } from "../../examples/desk/view/live_view.ts";
import { clearedScreen, emptyScreen, pictureOnScreen } from "../../examples/desk/view/screen.ts";
import { ladder } from "../../examples/desk/view/tables.ts";
import { TerminalScreen } from "./terminal_screen.ts";

/** A desk with a book of ten levels a side, twelve options, and processes that were started anew. */
function snapshot(): DeskSnapshot {
  using segment = Segment.anonymous({ byteLength: DESK_BYTES, role: "test" });
  const desk = openDesk(segment);
  desk.limits.set(DEFAULT_LIMITS);
  using names = new InstrumentWriter(desk), quotes = desk.quotes.writer(), greeks = desk.greeks.writer();
  names.add(modelOf("BTCUSDT", "binanceFutures"));
  quotes.write(0, { bid: 60_000, ask: 60_001, isValid: true, isBidKnown: true, isAskKnown: true });
  for (let i = 1; i <= 12; i++) {
    names.add(modelOf(`BTC-1NOV24-${60 + i}000-C`, "deribit"));
    greeks.write(i, { price: 1000, vega: 100 - i, volatility: 0.6 });
  }
  ROLES.forEach((role, i) => {
    using row = desk.processes[role].writer();
    row.write(0, { runtime: i % 2 ? "deno" : "bun", version: "1.2.3", pid: 7001 + i });
    const { starts, lag } = ownCounts(desk.counters, role);
    starts.set(1 + i);
    lag.set(i);
  });
  using writer = segment.create("book BTCUSDT", OrderBook, bookOptions(false)).writer();
  const event = depthEvent();
  event.isSnapshot = true;
  for (let i = 0; i < 10; i++) {
    event.bids.push(60_000 - i, i + 1);
    event.asks.push(60_001 + i, i + 1);
  }
  new BookFeeder(writer).feed(event);
  return new DeskObserver(desk, 16).snapshot(16);
}

describe("the live view", () => {
  const now = snapshot();
  const linesAt = (rows: number, columns: number) =>
    liveView(now, now, 10, rows, columns).split("\n").map(stripVTControlCharacters);

  it("is never larger than the terminal", () => {
    for (const rows of [...Array(33).keys(), 40, 60].slice(1)) {
      for (const columns of [1, 20, 80, 159, 160, 200]) {
        const lines = linesAt(rows, columns);
        assert(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows}`);
        assert(lines.every((line) => line.length <= columns), `wider than ${columns}: ${lines.join("\n")}`);
      }
    }
  });

  it("shows each block in 24 lines of 80, and more where there is room", () => {
    const small = linesAt(24, 80).join("\n");
    for (const part of ["60,000.00", "60,001.00", "BTC-1NOV24-61000-C", "initial margin", "p99.9", "events", "7006"]) {
      assert(small.includes(part), `${part} is missing:\n${small}`);
    }
    const levels = (rows: number) => linesAt(rows, 130).filter((line) => /^(ask|bid) /.test(line));
    assertEquals([levels(20).length, levels(24).length, levels(60).length], [2, 4, 10]);
    const wide = linesAt(60, 200).join("\n");
    for (const part of ["volatility", "behind", "standing", "BTC-1NOV24-72000-C"]) assert(wide.includes(part), wide);
  });

  it("breaks no word where it fits", () => {
    const words = (columns: number) => linesAt(70, columns).flatMap((line) => line.split(/[ ,]+/)).filter(isWord);
    const all = new Set(words(1000));
    for (const columns of [78, 80, 100, 120, 159, 160, 161, 200]) {
      const broken = words(columns).filter((word) => !all.has(word));
      assertEquals(broken, [], `in ${columns} columns`);
    }
  });

  it("uses the whole of a wide terminal, and shows each process's runtime and how often it was started again", () => {
    const lines = linesAt(40, 200), beside = lines.filter((line) => line.length > 105);
    assert(beside.length > 15, lines.join("\n"));
    for (const [i, role] of ROLES.entries()) {
      const row = lines.find((line) => line.includes(` ${role} `) && line.includes(`${7001 + i}`));
      assert(row !== undefined && row.includes(i % 2 ? "deno 1.2.3" : "bun 1.2.3"), lines.join("\n"));
      assertEquals(row.slice(101).split(/ +/).slice(5, 6), [`${i}`], row);
    }
    assert(lines[0].includes("15 restarts") && lines[0].includes("1 of 13 books valid"), lines[0]);
  });

  it("distinguishes bids from asks by more than their colour, and shows how far they are apart", () => {
    const lines = stripVTControlCharacters(ladder(now.book!, 2)).split("\n").map((line) => line.trimEnd());
    assertEquals(lines, [
      "BTCUSDT  spread 1.00 (0.167 bp)",
      "ask    60,002.00         2 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒",
      "ask    60,001.00         1 ▒▒▒▒▒▒▒▒▒▒",
      "bid    60,000.00         1 ██████████",
      "bid    59,999.00         2 ████████████████████",
    ]);
  });

  it("leaves nothing of the picture of a monitor that died, wherever it stopped", () => {
    const tall = pictureOnScreen(liveView(now, now, 10, 40, 80)), low = liveView(now, now, 10, 12, 80);
    for (let cut = 0; cut <= tall.length; cut += 7) {
      const screen = new TerminalScreen(40, 80);
      screen.write("$ demo\r\n" + emptyScreen(40));
      screen.write(tall + tall.slice(0, cut));
      screen.write("somebody's complaint\r\n");
      screen.write(pictureOnScreen(low));
      assertEquals(screen.text, stripVTControlCharacters(low).split("\n").map((line) => line.trimEnd()).join("\n"));
      screen.write(clearedScreen());
      assertEquals(screen.text, "");
    }
    // A line that is as long as the terminal is wide, and a picture as high as it may be.
    const full = new TerminalScreen(4, 5);
    for (const picture of ["12345\n12345\n12345", "12345\n678"]) {
      full.write(pictureOnScreen(picture));
      assertEquals(full.text, picture);
    }
    assertEquals(full.scrolled, "");
    // What was there before is out of sight, not gone.
    const used = new TerminalScreen(4, 20);
    used.write("one\r\ntwo\r\n" + emptyScreen(4));
    assertEquals([used.text, used.scrolled], ["", "one\ntwo\n"]);
  });
});

function isWord(word: string): boolean {
  return /[a-z]/i.test(word);
}

describe("figures and lines", () => {
  it("have thousands separators, and words for one and for many", () => {
    assertEquals([plural(1, "gap"), plural(0, "gap"), plural(1234, "gap")], ["1 gap", "0 gaps", "1,234 gaps"]);
    assertEquals([percent(0.5), percent(123.4567), percent(NaN)], ["50.0 %", "12,345.7 %", "–"]);
    assertEquals([duration(999), duration(1234), duration(1.5e9), duration(1.2345e12)], [
      "999 ns",
      "1.23 µs",
      "1.50 s",
      "1,235 s",
    ]);
    const now = snapshot(), late = { ...now, at: 1.2345e12, feed: { ...now.feed, startedAt: 1 } };
    assert(/^1,23[45] s: /.test(lineView(late, now)), lineView(late, now));
  });

  it("are divided between words, with their margin", () => {
    assertEquals(flow(["delta 1 of 2", "vega 3", "no future"], 20), ["delta 1 of 2,", "vega 3, no future"]);
    assertEquals(flow(["delta 1 of 2", "vega 3", "no future"], 21), ["delta 1 of 2, vega 3,", "no future"]);
    assertEquals(wrap("  one two three four", 11), ["  one two", "    three", "    four"]);
    assertEquals(wrap("short", 5), ["short"]);
    assertEquals(wrap("averylongword and", 6), ["averylongword", "  and"]);
  });
});
