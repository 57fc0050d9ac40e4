import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  ClosedError,
  NotOwnerError,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
} from "@shmkit/shmkit";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import type { BookTop } from "../../examples/desk/book/book_top.ts";
import { OrderBook } from "../../examples/desk/book/order_book.ts";
import type { OrderBookOptions } from "../../examples/desk/book/order_book_geometry.ts";
import { type DepthEvent, depthEvent } from "../../examples/desk/input/events.ts";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";
import { BookModel } from "./order_book_model.ts";

type Pairs = readonly (readonly [price: number, quantity: number])[];

function make(options: OrderBookOptions = {}): { book: OrderBook; region: Region } {
  const region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
  OrderBook.init(region, options);
  return { book: OrderBook.attach(region, options), region };
}

function change(last: number, bids: Pairs, asks: Pairs, rest: Partial<DepthEvent> = {}): DepthEvent {
  const event = Object.assign(depthEvent(), { first: last, last, previous: last - 1 }, rest);
  for (const [price, quantity] of bids) event.bids.push(price, quantity);
  for (const [price, quantity] of asks) event.asks.push(price, quantity);
  return event;
}

function snapshot(last: number, bids: Pairs, asks: Pairs): DepthEvent {
  return change(last, bids, asks, { isSnapshot: true });
}

function pairs(top: BookTop, side: "bids" | "asks"): [number, number][] {
  const [prices, quantities] = side === "bids"
    ? [top.bidPrices, top.bidQuantities]
    : [top.askPrices, top.askQuantities];
  return Array.from({ length: top[side] }, (_, i) => [prices[i], quantities[i]]);
}

describe("OrderBook", () => {
  for (const copies of [2, 4, 16]) {
    it(`agrees with a simple model over 3,000 random changes, with ${copies} copies and writers that change`, () => {
      const random = new Random(copies);
      const { book, region } = make({ levels: 2000, copies });
      const unordered = OrderBook.attachUnordered(region);
      const model = new BookModel();
      const top = OrderBook.top(2000), few = OrderBook.top(7);
      let writer = book.writer();
      for (let i = 1; i <= 3000; i++) {
        const isSnapshot = i === 1 || random.below(400) === 0;
        const event = change(i, [], [], { isSnapshot, exchangeMs: i * 3 });
        const count = isSnapshot ? random.below(1500) : random.below(40);
        // Mostly near the middle, so that levels come, go and come again.
        const price = () => 1 + random.below(random.below(3) === 0 ? 1000 : 30);
        for (let j = 0; j < count; j++) event.bids.push(2000 - price(), random.below(3) * random.below(100));
        for (let j = 0; j < count; j++) event.asks.push(2000 + price(), random.below(3) * random.below(100));
        model.apply(event);
        assertEquals(writer.apply(event), "applied");
        if (random.below(50) === 0) {
          writer.close();
          writer = book.writer();
        }
        assertEquals(writer.sequence, i);
        assert((random.below(2) === 0 ? book : unordered).read(few));
        assertEquals(pairs(few, "bids"), model.best("bids", 7), `seed ${random.seed}, change ${i}`);
        assertEquals(pairs(few, "asks"), model.best("asks", 7), `seed ${random.seed}, change ${i}`);
        if (i % 50 !== 0) continue;
        assert(book.read(top));
        assertEquals(pairs(top, "bids"), model.best("bids", 2000));
        assertEquals(pairs(top, "asks"), model.best("asks", 2000));
        assertEquals([top.sequence, top.exchangeMs, top.changes, top.dropped], [i, i * 3, i, 0]);
      }
    });
  }

  it("holds 1,000 levels a side and more, and keeps the best ones when they are too many", () => {
    const { book } = make({ levels: 1000 });
    const writer = book.writer(), top = OrderBook.top(1000);
    const numbers = Array.from({ length: 1000 }, (_, i) => i + 1);
    writer.apply(snapshot(1, numbers.map((i) => [5000 - i, i]), numbers.map((i) => [5000 + i, i])));
    assert(book.read(top));
    assertEquals([top.bids, top.asks, top.bidPrices[999], top.askPrices[999]], [1000, 1000, 4000, 6000]);
    assertEquals(writer.apply(change(2, [[3999, 1], [4999.5, 7]], [[7000, 1]])), "applied");
    assert(book.read(top));
    assertEquals([top.bids, top.asks, top.dropped], [1000, 1000, 3]);
    assertEquals(
      [top.bidPrices[0], top.bidPrices[1], top.bidPrices[2], top.bidPrices[999]],
      [4999, 4999.5, 4998, 4001]
        .sort((a, b) => b - a),
    );
    assertEquals(top.askPrices[999], 6000);
    // A second change, which the next copy must know of all the same.
    assertEquals(writer.apply(change(3, [[4999.5, 0]], [])), "applied");
    assert(book.read(top));
    assertEquals([top.bids, top.bidPrices[0], top.bidPrices[998]], [999, 4999, 4001]);
  });

  it("is not valid before a snapshot, nor from a gap to the next snapshot", () => {
    const { book } = make();
    const writer = book.writer(), top = OrderBook.top(5);
    assertEquals(book.read(top), false);
    assertEquals(writer.apply(change(5, [[1, 1]], [])), "early");
    assertEquals(writer.apply(snapshot(10, [[100, 1]], [[101, 2]])), "applied");
    assertEquals(writer.apply(change(9, [[100, 9]], [])), "stale");
    assertEquals(writer.apply(change(10, [[100, 9]], [])), "stale");
    assertEquals(writer.apply(change(15, [[100, 5]], [], { first: 8, previous: 7 })), "applied", "it straddles");
    assertEquals(writer.apply(change(16, [[100, 6]], [])), "applied");
    assertEquals(writer.apply(change(16, [[100, 7]], [])), "stale", "sent twice");
    assert(book.read(top));
    assertEquals([top.bid, top.bidQuantity, top.ask, top.askQuantity, top.sequence], [100, 6, 101, 2, 16]);
    assertEquals(
      writer.apply(change(30, [[100, 7]], [], { first: 12, previous: 11 })),
      "gap",
      "only once may one straddle",
    );
    assertEquals([book.read(top), top.bids, top.asks, top.bid, top.sequence], [false, 0, 0, 0, 16]);
    assertEquals(writer.apply(change(17, [[100, 7]], [])), "early");
    assertEquals(writer.apply(snapshot(40, [[90, 1]], [])), "applied");
    assert(book.read(top));
    assertEquals([pairs(top, "bids"), pairs(top, "asks")], [[[90, 1]], []]);
    assertEquals(writer.apply(change(41, [], [[95, 3]])), "applied");
    assert(book.read(top));
    assertEquals([pairs(top, "bids"), pairs(top, "asks")], [[[90, 1]], [[95, 3]]]);
    assertEquals(top.isCrossed, false);
    writer.invalidate();
    assertEquals(book.read(top), false);
  });

  it("is fed with changes that come before their snapshot", () => {
    const { book } = make();
    const feeder = new BookFeeder(book.writer()), top = OrderBook.top(5);
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

  it("reports a gap among the changes behind a late snapshot, and goes on from the next one", () => {
    const { book } = make();
    const feeder = new BookFeeder(book.writer()), top = OrderBook.top(5);
    for (const last of [10, 11, 13, 14]) assertEquals(feeder.feed(change(last, [[last, 1]], [])), "early");
    assertEquals(feeder.feed(snapshot(9, [[9, 1]], [])), "gap", "12 is missing");
    assertEquals([book.read(top), feeder.counts.gaps, feeder.counts.applied], [false, 1, 2]);
    assertEquals(feeder.feed(snapshot(12, [[12, 1]], [])), "applied");
    assert(book.read(top));
    assertEquals([pairs(top, "bids"), top.sequence], [[[14, 1], [13, 1], [12, 1]], 14]);
    assertEquals(feeder.counts, { applied: 4, snapshots: 2, stale: 0, early: 4, gaps: 1, restarts: 0 });
  });

  it("is not set back by a snapshot that is older", () => {
    const { book } = make();
    const writer = book.writer(), top = OrderBook.top(5);
    writer.apply(snapshot(10, [[10, 1]], []));
    writer.apply(change(11, [[11, 1]], []));
    assertEquals(writer.apply(snapshot(10, [[10, 1]], [])), "stale");
    assertEquals([book.read(top), top.sequence, top.bid], [true, 11, 11]);
    assertEquals(writer.apply(snapshot(11, [[7, 1]], [])), "applied", "as new is new enough");
    assertEquals(writer.apply(change(12, [[8, 1]], [])), "applied");
    writer.invalidate();
    assertEquals(writer.apply(snapshot(5, [[5, 1]], [])), "applied", "a book that may not be used is no reason");
    assertEquals([book.read(top), top.sequence, top.bid], [true, 5, 5]);
  });

  it("has one writer at a time", () => {
    const { book } = make();
    assertEquals(book.hasWriter, false);
    const writer = book.writer();
    assertEquals(book.hasWriter, true);
    assertThrows(() => book.writer(), RoleTakenError);
    writer.close();
    writer.close();
    assertThrows(() => writer.apply(snapshot(1, [], [])), NotOwnerError);
    using _ = book.writer();
  });

  it("refuses what is no book, what contradicts it, and use after a close", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 2 ** 20 });
      const book = segment.create("book", OrderBook, { levels: 100 });
      const writer = book.writer(), top = OrderBook.top(3);
      writer.apply(snapshot(1, [[5, 5]], []));
      assertThrows(() => segment.open("book", OrderBook, { levels: 200 }), SegmentFormatError);
      assertThrows(() => segment.open("book", OrderBook, { copies: 2 }), SegmentFormatError);
      assertThrows(() => OrderBook.attach(Region.over(new SharedArrayBuffer(64)), {}), SegmentFormatError);
      assertThrows(() => OrderBook.attach(Region.over(new SharedArrayBuffer(4096)), {}), SegmentFormatError);
      assertThrows(() => OrderBook.byteLength({ levels: 0 }), RangeError);
      assertThrows(() => OrderBook.byteLength({ copies: 3 }), RangeError);
      assertThrows(() => OrderBook.top(0), RangeError);
      {
        using reading = Segment.open(name, { readOnly: true });
        const view = reading.open("book", OrderBook, {});
        for (let i = 0; i < 20_000; i++) assert(view.read(top)); // compiled, too, it must not write
        assertEquals(top.bid, 5);
        assertThrows(() => view.writer(), ReadOnlyError);
      }
      segment.close();
      assertThrows(() => book.read(top), ClosedError);
      assertThrows(() => book.version, ClosedError);
      assertThrows(() => writer.apply(snapshot(2, [], [])), ClosedError);
      assertThrows(() => book.writer(), ClosedError);
      writer.close();
    }));
});
