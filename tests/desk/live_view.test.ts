import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Segment } from "@shmkit/shmkit";
import { OrderBook } from "../../examples/desk/book/order_book.ts";
import { depthEvent } from "../../examples/desk/input/events.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { bookOptions } from "../../examples/desk/layout/books.ts";
import { rowOfModel } from "../../examples/desk/layout/instrument_rows.ts";
import { DEFAULT_LIMITS } from "../../examples/desk/layout/desk_limits.ts";
import { DESK_BYTES, openDesk } from "../../examples/desk/layout/desk.ts";
import { DeskObserver, type DeskSnapshot } from "../../examples/desk/view/desk_snapshot.ts";
import { liveView } from "../../examples/desk/view/live_view.ts";

/** A desk with a book of ten levels a side and twelve options. */
function snapshot(): DeskSnapshot {
  using segment = Segment.anonymous({ byteLength: DESK_BYTES, role: "test" });
  const desk = openDesk(segment);
  desk.limits.set(DEFAULT_LIMITS);
  using names = desk.instruments.writer(), quotes = desk.quotes.writer(), greeks = desk.greeks.writer();
  names.write(0, rowOfModel(modelOf("BTCUSDT", "binanceFutures")));
  quotes.write(0, { bid: 60_000, ask: 60_001, isValid: true, isBidKnown: true, isAskKnown: true });
  for (let i = 1; i <= 12; i++) {
    names.write(i, rowOfModel(modelOf(`BTC-1NOV24-${60 + i}000-C`, "deribit")));
    greeks.write(i, { price: 1000, vega: 100 - i, volatility: 0.6 });
  }
  using writer = segment.create("book BTCUSDT", OrderBook, bookOptions(false)).writer();
  const event = depthEvent();
  event.isSnapshot = true;
  for (let i = 0; i < 10; i++) {
    event.bids.push(60_000 - i, i + 1);
    event.asks.push(60_001 + i, i + 1);
  }
  writer.apply(event);
  return new DeskObserver(desk, 16).look();
}

describe("the live view", () => {
  const now = snapshot();
  const linesAt = (rows: number, columns: number) =>
    liveView(now, now, 10, rows, columns).split("\n").map(stripVTControlCharacters);

  it("is never larger than the terminal", () => {
    for (let rows = 1; rows <= 60; rows++) {
      for (const columns of [1, 20, 40, 80, 200]) {
        const lines = linesAt(rows, columns);
        assert(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows}`);
        assert(lines.every((line) => line.length <= columns), `wider than ${columns}: ${lines.join("\n")}`);
      }
    }
  });

  it("shows each block in 24 lines of 80, and more where there is room", () => {
    const small = linesAt(24, 80).join("\n");
    for (const part of ["59,999.00", "60,001.00", "BTC-1NOV24-61000-C", "initial margin", "p99.9", "events"]) {
      assert(small.includes(part), `${part} is missing:\n${small}`);
    }
    const levels = (rows: number) =>
      linesAt(rows, 130).filter((line) => /^ +6\d,\d{3}\.00|^ +5\d,\d{3}\.00/.test(line));
    assertEquals([levels(20).length, levels(24).length, levels(60).length], [2, 4, 10]);
    const wide = linesAt(60, 200).join("\n");
    for (const part of ["volatility", "lag of", "standing", "BTC-1NOV24-68000-C"]) assert(wide.includes(part), wide);
  });
});
