import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  BookReading,
  BookUpdate,
  ClosedError,
  NotOwnerError,
  OrderBook,
  type OrderBookOptions,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
} from "@shmkit/shmkit";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";
import { BookModel } from "./order_book_sample.ts";

type Pairs = readonly (readonly [price: number, quantity: number])[];

function make(options: Partial<OrderBookOptions> = {}): { book: OrderBook; region: Region } {
  const all = { levels: 1000, ...options }, region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(all)));
  OrderBook.init(region, all);
  return { book: OrderBook.attach(region, all), region };
}

function updateOf(last: number, bids: Pairs, asks: Pairs, rest: Partial<BookUpdate> = {}): BookUpdate {
  const update = Object.assign(new BookUpdate(), { first: last, last, previous: last - 1 }, rest);
  for (const [price, quantity] of bids) update.bids.push(price, quantity);
  for (const [price, quantity] of asks) update.asks.push(price, quantity);
  return update;
}

function pairs(book: BookReading, side: "bids" | "asks"): [number, number][] {
  const [prices, quantities] = side === "bids"
    ? [book.bidPrices, book.bidQuantities]
    : [book.askPrices, book.askQuantities];
  return Array.from({ length: book[side] }, (_, i) => [prices[i], quantities[i]]);
}

describe("OrderBook", () => {
  for (const copies of [2, 4, 16]) {
    it(`agrees with a simple model over 1,000 random updates, with ${copies} copies and writers that die`, () => {
      const random = new Random(copies), { book, region } = make({ levels: 2000, copies });
      const unordered = OrderBook.attachUnordered(region), model = new BookModel();
      const all = new BookReading(2000), few = new BookReading(7), copyBytes = (region.byteLength - 256) / copies;
      let writer = book.writer();
      const update = new BookUpdate();
      for (let i = 1; i <= 1000; i++) {
        const isWhole = i === 1 || random.below(400) === 0, count = isWhole ? random.below(1500) : random.below(40);
        update.clear();
        Object.assign(update, { first: i, last: i, previous: i - 1, time: i * 3 });
        // Mostly near the middle, so that levels come, go and come again.
        const price = () => 1 + random.below(random.below(3) === 0 ? 1000 : 30);
        for (let j = 0; j < count; j++) update.bids.push(2000 - price(), random.below(3) * random.below(100));
        for (let j = 0; j < count; j++) update.asks.push(2000 + price(), random.below(3) * random.below(100));
        model.apply(update, isWhole);
        assertEquals(isWhole ? writer.snapshot(update) : writer.change(update), "applied");
        if (random.below(40) === 0) {
          writer.close();
          // A writer that dies within an update leaves anything, in copies that no reader reads.
          const current = book.version & (copies - 1);
          for (let copy = 0; copy < copies; copy++) {
            if (copy === current) continue;
            const from = (256 + copy * copyBytes) / 4;
            for (let word = from; word < from + copyBytes / 4; word += 1 + random.below(9)) {
              region.views.u32[word] = random.u32();
            }
          }
          writer = book.writer();
        }
        assertEquals([writer.sequence, writer.time, writer.isValid], [i, i * 3, true]);
        assert((random.below(2) === 0 ? book : unordered).read(few));
        assertEquals(pairs(few, "bids"), model.best("bids", 7), `seed ${random.seed}, update ${i}`);
        assertEquals(pairs(few, "asks"), model.best("asks", 7), `seed ${random.seed}, update ${i}`);
        if (i % 50 !== 0) continue;
        assert(book.read(all));
        assertEquals([pairs(all, "bids"), pairs(all, "asks")], [model.best("bids", 2000), model.best("asks", 2000)]);
        assertEquals([all.sequence, all.time, all.changes, all.dropped], [i, i * 3, i, 0]);
        for (const side of ["bids", "asks"] as const) {
          for (const at of [1000, 1990, 2000, 2010, 3001]) {
            assertEquals(book.quantityTo(side, at), model.quantityTo(side, at));
            const size = 1 + random.below(4000), mean = model.averagePrice(side, size);
            assertAlmostEquals(book.averagePrice(side, size) || 0, mean || 0, 1e-6);
            assertEquals(unordered.averagePrice(side, size) === unordered.averagePrice(side, size), mean === mean);
          }
        }
      }
    });
  }

  it("keeps the best levels when they are too many, and knows no more than they say", () => {
    const { book } = make({ levels: 1000 }), writer = book.writer(), all = new BookReading(1000);
    const numbers = Array.from({ length: 1000 }, (_, i) => i + 1);
    writer.snapshot(updateOf(1, numbers.map((i) => [5000 - i, i]), numbers.map((i) => [5000 + i, i])));
    assert(book.read(all));
    assertEquals([all.bids, all.asks, all.bidPrices[999], all.askPrices[999]], [1000, 1000, 4000, 6000]);
    assertEquals([all.knownBid, all.knownAsk], [-Infinity, Infinity]);
    assertEquals(writer.change(updateOf(2, [[3999, 1], [4999.5, 7]], [[7000, 1]])), "applied");
    assert(book.read(all));
    assertEquals([all.bids, all.asks, all.dropped, all.knownBid, all.knownAsk], [1000, 1000, 3, 4001, 6000]);
    assertEquals([...all.bidPrices.slice(0, 2), all.bidPrices[999], all.askPrices[999]], [4999.5, 4999, 4001, 6000]);
    assertEquals(writer.change(updateOf(3, [[4999.5, 0]], [])), "applied");
    assert(book.read(all));
    assertEquals([all.bids, all.bidPrices[0], all.bidPrices[998]], [999, 4999, 4001]);
    assertEquals([all.knownBids, all.knownAsks, all.isBidKnown, all.isAskKnown], [999, 1000, true, true]);
  });

  it("reports down to where it is known: by its snapshot, and by its venue's reports", () => {
    const { book } = make(), writer = book.writer(), few = new BookReading(5);
    writer.snapshot(updateOf(1, [[100, 1], [99, 1]], [[101, 1]], { knownBid: 99, knownAsk: 101 }));
    assert(book.read(few));
    assertEquals([few.knownBid, few.knownAsk, few.knownBids, few.isBidKnown], [99, 101, 2, true]);
    assertEquals([writer.isFollowing, writer.isWhole], [false, false]);
    writer.change(updateOf(2, [[100, 0], [99, 0], [98, 4]], [[101, 0], [103, 1]]));
    assert(book.read(few));
    assertEquals([few.bid, few.isBidKnown, few.knownBids, few.isAskKnown], [98, false, 0, false]);
    assertEquals([writer.isFollowing, writer.isWhole], [true, false]);
    writer.change(updateOf(3, [], [], { reportedBid: 98, reportedAsk: 102 }));
    assert(book.read(few));
    assertEquals([few.knownBid, few.knownAsk, few.isBidKnown, few.isAskKnown], [98, 101, true, false]);
    writer.change(updateOf(4, [[98, 0]], [[103, 0]]));
    assert(book.read(few));
    assertEquals([few.bid, few.ask, few.bidQuantity, few.askQuantity, few.isBidKnown], [NaN, NaN, 0, 0, false]);
  });

  it("is not valid before a snapshot, nor from a gap to the next snapshot", () => {
    const { book } = make(), writer = book.writer(), few = new BookReading(5);
    assertEquals([book.read(few), book.quantityTo("bids", 0), book.averagePrice("asks", 1)], [false, NaN, NaN]);
    assertEquals(writer.change(updateOf(5, [[1, 1]], [])), "early");
    assertEquals(writer.snapshot(updateOf(10, [[100, 1]], [[101, 2]])), "applied");
    for (const last of [9, 10]) assertEquals(writer.change(updateOf(last, [[100, 9]], [], { previous: 1 })), "stale");
    assertEquals(writer.change(updateOf(15, [[100, 5]], [], { first: 8, previous: 7 })), "applied", "it straddles");
    assertEquals(writer.change(updateOf(16, [[100, 6]], [])), "applied");
    assertEquals(writer.change(updateOf(16, [[100, 7]], [])), "stale", "sent twice");
    assert(book.read(few));
    assertEquals([few.bid, few.bidQuantity, few.ask, few.askQuantity, few.sequence], [100, 6, 101, 2, 16]);
    assertEquals(writer.change(updateOf(30, [[100, 7]], [], { first: 12, previous: 11 })), "gap", "only once");
    assertEquals([book.read(few), few.bids, few.asks, few.sequence, writer.isValid], [false, 0, 0, 16, false]);
    assertEquals(writer.change(updateOf(17, [[100, 7]], [])), "early");
    assertEquals(writer.snapshot(updateOf(40, [[90, 1]], [])), "applied");
    assert(book.read(few));
    assertEquals([pairs(few, "bids"), pairs(few, "asks"), few.isCrossed], [[[90, 1]], [], false]);
    assertEquals(writer.change(updateOf(41, [], [[85, 3]])), "applied");
    assert(book.read(few) && few.isCrossed);
    assertEquals(writer.snapshot(updateOf(39, [], [])), "stale");
    assertEquals([writer.isFollowing, writer.isWhole], [true, true]);
    writer.invalidate();
    assertEquals([book.read(few), writer.isFollowing, writer.isWhole], [false, false, false]);
    assertEquals(writer.snapshot(updateOf(5, [[5, 1]], [])), "applied", "a book that may not be used is no reason");
    // Updates without numbers follow each other.
    assertEquals(writer.change(updateOf(NaN, [[4, 1]], [], { previous: NaN })), "applied");
    assertEquals(writer.snapshot(updateOf(NaN, [[3, 1]], [], { previous: NaN })), "applied");
    assert(book.read(few));
    assertEquals(pairs(few, "bids"), [[3, 1]]);
  });

  it("distinguishes prices by their digits, and takes numbers of every size", () => {
    const { book } = make({ priceDigits: 2, quantityDigits: 3 }), writer = book.writer(), few = new BookReading(9);
    writer.snapshot(
      updateOf(1, [[0.1 + 0.2, 1], [0.3, 2], [0.2999, 3], [-5.25, 1e-9], [1e200, 1e250]], [[1.005, 0.0004]]),
    );
    assert(book.read(few));
    assertEquals(pairs(few, "bids"), [[1e200, 1e250], [0.3, 3], [-5.25, 0.001]]);
    assertEquals(pairs(few, "asks"), [[1, 0.001]]);
    assertEquals([writer.isFollowing, writer.isWhole], [false, true]);
    const big = 2 ** 51 / 100;
    writer.change(updateOf(2, [[1e200, 0], [0.3, 0], [big, 7], [big - 0.01, 8]], []));
    assert(book.read(few));
    assertEquals(pairs(few, "bids").slice(0, 2), [[big, 7], [big - 0.01, 8]]);
    // What has as many digits as a double has, and more than that in all, is the same again.
    const exact = make({ priceDigits: 15, quantityDigits: 15 }).book, sent = [[61800.3, 1e18], [2.3, 0.1]] as const;
    exact.writer().snapshot(updateOf(1, sent, []));
    assert(exact.read(few));
    assertEquals([pairs(few, "bids"), exact.quantityTo("bids", 0)], [sent, 1e18 + 0.1]);
    const whole = make({ priceDigits: 0, quantityDigits: 0 }).book, other = whole.writer();
    other.snapshot(updateOf(1, [[7.4, 0.5], [7.6, 3.2]], []));
    assert(whole.read(few));
    assertEquals(pairs(few, "bids"), [[8, 3], [7, 1]]);
    assertEquals([whole.quantityTo("bids", 7), whole.quantityTo("bids", 7.5)], [4, 3]);
    const before = whole.version;
    for (const [price, quantity] of [[NaN, 1], [Infinity, 1], [1, -1], [1, NaN], [1, Infinity]]) {
      assertThrows(
        () => other.change(updateOf(2, [[7, 9]], [[price, quantity]])),
        RangeError,
        `${quantity} at ${price}`,
      );
    }
    assertEquals([whole.version, other.sequence, whole.quantityTo("bids", 0)], [before, 1, 4]);
    assertThrows(() => whole.averagePrice("bids", 0), RangeError, "above 0");
    assertThrows(() => whole.averagePrice("bid" as "bids", 1), TypeError, `"bids" or "asks"`);
  });

  it("continues while its version passes 2^31 and 2^32", () => {
    for (const start of [2 ** 31 - 3, 2 ** 32 - 3]) {
      const { book, region } = make({ levels: 4 }), writer = book.writer(), few = new BookReading(4);
      region.views.u32[128 / 4] = start;
      assertEquals(book.read(few), false);
      writer.snapshot(updateOf(1, [[1, 1]], [[2, 1]]));
      for (let i = 2; i < 10; i++) {
        assertEquals(writer.change(updateOf(i, [[1, i]], [[2, i]])), "applied");
        assert(book.read(few));
        assertEquals([few.bidQuantity, few.askQuantity, few.sequence], [i, i, i]);
      }
    }
  });

  it("refuses options that it cannot be made with, memory that is not a book, and a book that is not as expected", () => {
    const bad: [options: Partial<OrderBookOptions>, says: string][] = [
      [{ levels: 0 }, "levels must be an integer from 1 to 1048576"],
      [{ levels: 2 ** 21 }, "levels"],
      [{ copies: 3 }, "copies must be 2, 4, 8 or 16: received 3"],
      [{ priceDigits: 16 }, "priceDigits must be an integer from 0 to 15"],
      [{ quantityDigits: -1 }, "quantityDigits"],
    ];
    for (const [options, says] of bad) assertThrows(() => make(options), RangeError, says);
    assertThrows(() => OrderBook.byteLength(undefined as never), TypeError, "options must be an object");
    for (const depth of [0, 1.5, NaN]) assertThrows(() => new BookReading(depth), RangeError, "depth");
    const { region } = make({ levels: 100 });
    for (const options of [{ levels: 200 }, { copies: 2 }, { priceDigits: 2 }, { quantityDigits: 2 }]) {
      assertThrows(() => OrderBook.attach(region, options), SegmentFormatError, "in the options");
    }
    assertThrows(() => OrderBook.attach(Region.over(new ArrayBuffer(64)), {}), SegmentFormatError, "256 or more");
    assertThrows(
      () => OrderBook.attach(Region.over(new ArrayBuffer(4096)), {}),
      SegmentFormatError,
      "Cannot make an order book",
    );
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 128);
    assertThrows(() => OrderBook.attach(cut, {}), SegmentFormatError, "for 100 levels");
  });

  it("ends every reading and every change, whatever bytes it finds", () => {
    const random = new Random(8), { book, region } = make({ levels: 40 }), reading = new BookReading(50);
    for (let round = 0; round < 200; round++) {
      const { u32 } = region.views;
      for (let i = 128 / 4; i < u32.length; i++) u32[i] = random.below(2) === 0 ? random.below(50) : random.u32();
      for (let copy = 0; copy < 4; copy++) u32[(256 + copy * (region.byteLength - 256) / 4) / 4] = random.below(4);
      book.read(reading);
      assert(reading.bids <= 40 && reading.asks <= 40);
      assert(!Number.isNaN(book.quantityTo("asks", 1e9).toFixed()));
      book.averagePrice("bids", 5);
      using writer = book.writer();
      writer.change(updateOf(NaN, [[1, 1], [2, 2]], [[3, 3]], { previous: NaN }));
      assertEquals(writer.snapshot(updateOf(NaN, [[1, 1]], [])), "applied");
      assert(book.read(reading) && reading.bids === 1);
    }
  });

  it("has one writer at a time", () => {
    const { book } = make();
    assertEquals(book.hasWriter, false);
    const writer = book.writer();
    assertEquals(book.hasWriter, true);
    assertThrows(() => book.writer(), RoleTakenError);
    writer.close();
    writer.close();
    for (const use of [() => writer.snapshot(updateOf(1, [], [])), () => writer.invalidate(), () => writer.sequence]) {
      assertThrows(use, NotOwnerError, "this writer was closed");
    }
    using _ = book.writer();
  });

  it("is read, and not written, where it is attached for reading only; refuses use after a close", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 2 ** 20 });
      const book = segment.create("book", OrderBook, { levels: 100 }), writer = book.writer(), few = new BookReading(3);
      writer.snapshot(updateOf(1, [[5, 5]], []));
      {
        using reading = Segment.open(name, { readOnly: true });
        const view = reading.open("book", OrderBook, {});
        for (let i = 0; i < 20_000; i++) assert(view.read(few) && view.quantityTo("bids", 1) === 5); // compiled, too
        assertEquals([few.bid, view.version, view.hasWriter], [5, book.version, true]);
        assertThrows(() => view.writer(), ReadOnlyError);
      }
      segment.close();
      const uses = [
        () => book.read(few),
        () => book.quantityTo("bids", 1),
        () => book.averagePrice("bids", 1),
        () => book.version,
        () => book.hasWriter,
        () => book.writer(),
        () => writer.snapshot(updateOf(2, [], [])),
        () => writer.change(updateOf(2, [], [])),
        () => writer.invalidate(),
        () => writer.sequence,
        () => writer.isValid,
      ];
      for (const [i, use] of uses.entries()) assertThrows(use, ClosedError, "", `use ${i}`);
      writer.close();
    }));
});
