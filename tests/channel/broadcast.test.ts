import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  ClosedError,
  f64,
  LayoutMismatchError,
  NotOwnerError,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
  struct,
  u32,
  type ViewOf,
} from "@shmkit/shmkit";
import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { startBroadcastAt } from "./broadcast_sample.ts";
import { Sample } from "./latest_table_sample.ts";

const Tick = struct("Tick", { price: f64, size: u32 });

function broadcastOf(capacity = 4, start = 0): { ticks: Broadcast<typeof Tick>; region: Region } {
  const options = { layout: Tick, capacity };
  const region = Region.over(new SharedArrayBuffer(Broadcast.byteLength(options)));
  Broadcast.init(region, options);
  startBroadcastAt(region.views.u32, start);
  return { ticks: Broadcast.attach(region, options), region };
}

/** Receives everything there is. */
function drained(reader: { drain(fn: (tick: ViewOf<typeof Tick>) => void, limit?: number): number }, limit?: number) {
  const prices: number[] = [];
  assertEquals(reader.drain((tick) => void prices.push(tick.price), limit), prices.length);
  return prices;
}

describe("Broadcast", () => {
  it("shows every reader every record, in order", () => {
    const { ticks } = broadcastOf(), writer = ticks.writer();
    const one = ticks.reader(), two = ticks.reader(), tick = Tick.alloc();
    assertEquals([one.shift(tick), one.drain(() => {})], [false, 0]);
    writer.push({ price: 1, size: 7 });
    tick.price = 2;
    writer.push(tick);
    assertEquals([one.shift(tick), tick.price, tick.size, one.length], [true, 1, 7, 1]);
    writer.claim().price = 3;
    assertEquals([drained(one), writer.claimed], [[2], 1]); // not before publish
    writer.publish();
    assertEquals([drained(one), drained(two), drained(two)], [[3], [1, 2, 3], []]);
    assertEquals([one.lost, two.lost, one.position, ticks.position, writer.position], [0, 0, 3, 3, 3]);
  });

  it("begins where it is asked to", () => {
    const { ticks } = broadcastOf(), writer = ticks.writer();
    for (let i = 0; i < 10; i++) writer.push({ price: i });
    assertEquals([drained(ticks.reader()), drained(ticks.reader({ from: "oldest" }))], [[], [6, 7, 8, 9]]);
    assertEquals([drained(ticks.reader({ from: 8 })), ticks.length], [[8, 9], 4]);
    const late = ticks.reader({ from: 1 });
    assertEquals([drained(late), late.lost], [[6, 7, 8, 9], 5]);
    for (const from of [-1, 11, 0.5, NaN, "first"]) {
      assertThrows(() => ticks.reader({ from: from as number }), RangeError, `from 0 to 10: received ${from}`);
    }
  });

  it("counts exactly how many records are lost, past 2^31, 2^32 and 2^33", () => {
    for (const capacity of [2, 3, 4, 5, 64]) {
      for (const start of [0, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40]) {
        for (const before of start === 0 ? [0] : [0, 1, 3]) {
          const { ticks } = broadcastOf(capacity, start - before), writer = ticks.writer();
          const reader = ticks.reader(), late = ticks.reader({ from: start - before });
          let next = start - before, received = 0;
          for (const ahead of [1, capacity, capacity + 1, 3 * capacity, 1]) {
            for (let i = 0; i < ahead; i++) writer.push({ price: next++ });
            const prices = drained(reader, 2 * capacity);
            received += prices.length;
            assertEquals(prices, prices.map((_, i) => next - prices.length + i)); // ends with the newest
            assertEquals([reader.position, reader.lost], [next, next - (start - before) - received]);
          }
          assertEquals([ticks.position, late.length], [next, next - (start - before)]);
          assertEquals([drained(late).length, late.lost], [capacity, next - (start - before) - capacity]);
        }
      }
    }
  });

  it("counts a loss of more than 2^32", () => {
    const { ticks, region } = broadcastOf(4), reader = ticks.reader();
    startBroadcastAt(region.views.u32, 2 ** 32 * 5 + 1);
    assertEquals([drained(reader).length, reader.lost, reader.position], [4, 2 ** 32 * 5 - 3, 2 ** 32 * 5 + 1]);
  });

  it("continues where a writer died between the two stores of an epoch", () => {
    const { ticks, region } = broadcastOf(4, 2 ** 32 - 1);
    region.views.u32[132 / 4]++; // as beginEpoch does, just before the tail
    assertEquals(ticks.position, 2 ** 32 - 1);
    const writer = ticks.writer(), reader = ticks.reader();
    for (let i = 0; i < 3; i++) writer.push({ price: i });
    assertEquals([ticks.position, drained(reader)], [2 ** 32 + 2, [0, 1, 2]]);
  });

  it("lets half the capacity be claimed at once, and drops aborted claims", () => {
    const { ticks } = broadcastOf(8), writer = ticks.writer(), reader = ticks.reader();
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 4; i++) writer.claim().price = i;
      assertThrows(() => writer.claim(), RangeError, "at most 4");
      assertThrows(() => writer.push({ price: 1 }), RangeError, "at most 4");
      writer.publish();
      assertThrows(() => writer.publish(), TypeError, "as nothing was claimed");
      writer.claim().price = 9;
      writer.abort();
      assertEquals(drained(reader), [0, 1, 2, 3]);
    }
  });

  it("leaves the records that readers may count on alone while all is claimed", () => {
    const { ticks } = broadcastOf(4), writer = ticks.writer(), reader = ticks.reader();
    for (let i = 0; i < 20; i++) {
      writer.push({ price: i });
      if (i >= 3) {
        for (let j = 0; j < 2; j++) writer.claim().price = NaN;
        assertEquals(drained(ticks.reader({ from: "oldest" })), [i - 3, i - 2, i - 1, i]);
        writer.abort();
      }
    }
    assertEquals([drained(reader), reader.lost], [[16, 17, 18, 19], 16]);
  });

  it("publishes nothing of a value that does not fit", () => {
    const { ticks } = broadcastOf(), writer = ticks.writer();
    assertThrows(() => writer.push({ price: 1, size: -1 }), RangeError, "Tick.size");
    assertThrows(() => writer.push(Sample.alloc() as unknown as ViewOf<typeof Tick>), TypeError);
    assertEquals([ticks.position, writer.claimed], [0, 0]);
  });

  it("continues after a record whose function threw", () => {
    const { ticks } = broadcastOf(), writer = ticks.writer(), reader = ticks.reader();
    for (let i = 0; i < 3; i++) writer.push({ price: i });
    const fail = () => {
      throw new Error("enough");
    };
    assertThrows(() => reader.drain(fail), Error, "enough");
    assertEquals(drained(reader, 1.5), [1]);
    for (const limit of [0, -1, NaN]) assertThrows(() => reader.drain(() => {}, limit), RangeError, "1 or more");
    assertEquals(drained(reader), [2]);
  });

  for (const capacity of [0, 1, 4.5, 2 ** 29]) {
    it(`refuses a capacity of ${capacity}`, () =>
      void assertThrows(() => broadcastOf(capacity), RangeError, `from 2 to 268435456: received ${capacity}`));
  }

  it("refuses memory that holds no broadcast, another one, or one cut short", () => {
    const empty = Region.over(new ArrayBuffer(4096)), { region } = broadcastOf();
    assertThrows(
      () => Broadcast.attach(Region.over(new ArrayBuffer(64)), { layout: Tick }),
      SegmentFormatError,
      "its length must be",
    );
    assertThrows(() => Broadcast.attach(empty, { layout: Tick }), SegmentFormatError, "capacity must be");
    assertThrows(() => Broadcast.attach(region, { layout: Tick, capacity: 8 }), SegmentFormatError, "in the options");
    assertThrows(() => Broadcast.attach(region, { layout: Sample }), SegmentFormatError, "record's length");
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 8);
    assertThrows(() => Broadcast.attach(cut, { layout: Tick }), SegmentFormatError, "for 4 records");
  });

  it("can be read through a read-only attachment", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const writer = segment.create("ticks", Broadcast, { layout: Tick, capacity: 4 }).writer();
    using other = Segment.open(segment.name, { readOnly: true });
    const seen = other.open("ticks", Broadcast, { layout: Tick }), reader = seen.reader(), tick = Tick.alloc();
    for (let i = 0; i < 20_000; i++) { // optimised: a locked load would kill us
      writer.push({ price: i });
      assert(reader.shiftWait(tick, { timeoutMs: 1000 }) && tick.price === i);
    }
    assertEquals([reader.shiftWait(tick, { timeoutMs: 5 }), reader.lost], [false, 0]);
    assertThrows(() => seen.writer(), ReadOnlyError);
    assertThrows(() => segment.open("ticks", Broadcast, { layout: Sample }), LayoutMismatchError);
  });

  it("waits no longer than it may", () => {
    for (const wait of ["spin", "yield", "block"] as const) {
      const { ticks } = broadcastOf(), reader = ticks.reader({ wait }), writer = ticks.writer();
      const start = performance.now();
      assertEquals(reader.drainWait(() => {}, 4, { timeoutMs: 20 }), 0);
      assert(performance.now() - start >= 19);
      writer.push({ price: 1 });
      assertEquals(reader.drainWait(() => {}), 1);
    }
  });
});

describe("the writer of a Broadcast", () => {
  it("is one at a time, and ends with its attachment", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
    const two = Segment.open(one.name);
    const first = one.create("ticks", Broadcast, { layout: Tick, capacity: 4 });
    const second = two.open("ticks", Broadcast, { layout: Tick }), reader = first.reader();
    const writer = first.writer();
    assertThrows(() => second.writer(), RoleTakenError, "(feed), which is alive");
    writer.push({ price: 1 });
    writer.claim().price = 99;
    writer.close();
    writer.close();
    const next = second.writer(), there = second.reader();
    next.push({ price: 2 });
    for (const use of [() => writer.claim(), () => writer.publish(), () => writer.push({ price: 1 })]) {
      assertThrows(use, NotOwnerError, "was closed; call writer()");
    }
    two.close();
    const uses = [
      () => next.claim().price = 1,
      () => next.publish(),
      () => next.push({ price: 1 }),
      () => there.drain(() => {}),
      () => there.shift(Tick.alloc()),
      () => there.length,
      () => second.position,
      () => second.reader(),
    ];
    for (const use of uses) assertThrows(use, ClosedError, "closed");
    next.close();
    first.writer().push({ price: 3 });
    assertEquals(drained(reader), [1, 2, 3]);
  });
});
