import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { BookReading } from "@shmkit/shmkit";
import type { DepthEvent } from "../../examples/desk/input/events.ts";
import { bookOptions } from "../../examples/desk/layout/books.ts";
import { change, fedBook, type Pairs } from "./fed_book.ts";

function make() {
  return fedBook(bookOptions(true));
}

function snapshot(last: number, bids: Pairs, asks: Pairs): DepthEvent {
  return change(last, bids, asks, { isSnapshot: true });
}

function pairs(top: BookReading, side: "bids" | "asks"): [number, number][] {
  const [prices, quantities] = side === "bids"
    ? [top.bidPrices, top.bidQuantities]
    : [top.askPrices, top.askQuantities];
  return Array.from({ length: top[side] }, (_, i) => [prices[i], quantities[i]]);
}

describe("a BookFeeder", () => {
  it("takes changes that come before their snapshot", () => {
    const { book, feeder } = make(), top = new BookReading(5);
    const event = change(1, [[1, 1]], []);
    for (let i = 1; i <= 6; i++) {
      Object.assign(event, { first: i * 10 - 9, last: i * 10, previous: i * 10 - 10 });
      event.bids.clear();
      event.bids.push(i, i);
      assertEquals(feeder.feed(event), "early");
    }
    assert(feeder.awaitsSnapshot);
    assertEquals(feeder.feed(snapshot(35, [[3, 30]], [])), "applied");
    assert(book.read(top));
    assertEquals(pairs(top, "bids"), [[6, 6], [5, 5], [4, 4], [3, 30]]);
    assertEquals(feeder.counts, { applied: 3, snapshots: 1, stale: 3, early: 6, gaps: 0, restarts: 0 });
    assertEquals(feeder.feed(change(80, [], [], { previous: 70 })), "gap");
    assert(feeder.awaitsSnapshot);
    assertEquals(feeder.feed(snapshot(80, [], [])), "applied");
    assertEquals([feeder.awaitsSnapshot, feeder.counts.gaps, feeder.counts.stale], [false, 1, 4]);
  });

  it("reports a gap among the changes after a late snapshot, and continues from the next one", () => {
    const { book, feeder } = make(), top = new BookReading(5);
    for (const last of [10, 11, 13, 14]) assertEquals(feeder.feed(change(last, [[last, 1]], [])), "early");
    assertEquals(feeder.feed(snapshot(9, [[9, 1]], [])), "gap", "12 is missing");
    assertEquals([book.read(top), feeder.counts.gaps, feeder.counts.applied], [false, 1, 2]);
    assertEquals(feeder.feed(snapshot(12, [[12, 1]], [])), "applied");
    assert(book.read(top));
    assertEquals([pairs(top, "bids"), top.sequence], [[[14, 1], [13, 1], [12, 1]], 14]);
    assertEquals(feeder.counts, { applied: 4, snapshots: 2, stale: 0, early: 4, gaps: 1, restarts: 0 });
  });

  it("keeps prices and quantities as they were sent, whatever their digits", () => {
    const { book, feeder } = make(), top = new BookReading(9);
    const sent: Pairs = [[61800.3, 332_200_000], [61800.29, 1e18], [0.0000070301, 1e-12], [-0.0005, 7.123456789012345]];
    assertEquals(feeder.feed(snapshot(1, sent, [])), "applied");
    assert(book.read(top));
    assertEquals(pairs(top, "bids"), sent);
    assertEquals(feeder.feed(change(2, [[61800.3, 0], [0.0000070301, 0]], [])), "applied");
    assert(book.read(top));
    assertEquals(pairs(top, "bids"), [sent[1], sent[3]]);
  });

  it("takes each snapshot of an exchange that sends no numbers, also one that was received earlier", () => {
    const { book, feeder } = make(), top = new BookReading(9);
    const unnumbered = { isSnapshot: true, previous: NaN };
    assertEquals(feeder.feed(change(2000, [[5, 1]], [], unnumbered)), "applied");
    assertEquals(feeder.feed(change(1000, [[6, 1]], [], unnumbered)), "applied");
    assertEquals(feeder.feed(change(1001, [[7, 1]], [], { previous: NaN })), "applied");
    assert(book.read(top));
    assertEquals([top.sequence, top.bid, top.bids], [1001, 7, 2]);
  });
});
