import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { ClosedError, f64, Region, Segment, struct, u32, type ViewOf } from "@shmkit/shmkit";
import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import {
  BROADCAST_HEADER_BYTES,
  EPOCH_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  TAIL_OFFSET,
} from "../../lib/channel/broadcast/format.ts";
import { threadCpuMs } from "../../support/in_peer.ts";
import { startBroadcastAt } from "./broadcast_sample.ts";
import { leavesWords } from "./words.ts";

const Tick = struct("Tick", { price: f64, size: u32 });

function broadcastOf(capacity = 4, start = 0, writers: "one" | "many" = "one") {
  const options = { layout: Tick, capacity, writers };
  const region = Region.over(new SharedArrayBuffer(Broadcast.byteLength(options)));
  Broadcast.init(region, options);
  startBroadcastAt(region.views.u32, start);
  return { ticks: Broadcast.attach(region, options), region };
}

type Reader = ReturnType<Broadcast<typeof Tick>["reader"]>;

/** Receives everything there is, in each way there is. */
const WAYS: Record<string, (reader: Reader) => number[]> = {
  drain(reader) {
    const prices: number[] = [];
    while (reader.drain((tick) => void prices.push(tick.price)) > 0);
    return prices;
  },
  "drain with a limit"(reader) {
    const prices: number[] = [];
    while (reader.drain((tick) => void prices.push(tick.price), 3) > 0);
    return prices;
  },
  shift(reader) {
    const prices: number[] = [], tick = Tick.alloc();
    while (reader.shift(tick)) prices.push(tick.price);
    return prices;
  },
  next(reader) {
    const prices: number[] = [];
    for (let tick; (tick = reader.next()) !== undefined;) prices.push(tick.price);
    return prices;
  },
};

/** Makes a broadcast look as if that many records had been published meanwhile; its records are the newest. */
function goOn(region: Region, records: number, capacity: number): void {
  const { u32: words, f64: floats } = region.views, slots = 2 ** (33 - Math.clz32(capacity - 1));
  const from = Math.floor(words[EPOCH_OFFSET / 4] / 4) * 2 ** 32 + words[TAIL_OFFSET / 4], to = from + records;
  for (let p = Math.max(from, to - slots); p < to; p++) {
    floats[BROADCAST_HEADER_BYTES / 8 + (p % slots) * Tick.byteLength / 8] = p;
  }
  startBroadcastAt(words, to);
}

/** The numbers from one to another. */
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("a reader of a Broadcast that was stopped", () => {
  for (const [way, receive] of Object.entries(WAYS)) {
    it(`for any number of records knows how many it lost: ${way}`, () => {
      for (const start of [0, 2 ** 30 - 2, 2 ** 32 - 3, 2 ** 33]) {
        for (
          const gone of [1, 2, 6, 7, 8, 2 ** 30, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 32 + 4, 3 * 2 ** 32, 2 ** 50]
        ) {
          const { ticks, region } = broadcastOf(4, start), reader = ticks.reader(), tick = Tick.alloc();
          goOn(region, 4, 4);
          assert(reader.shift(tick)); // from now on it knows of three more
          assertEquals(tick.price, start);
          goOn(region, gone, 4);
          const end = start + 4 + gone, received = receive(reader);
          // What is beyond the reach is lost down to the capacity.
          const first = gone + 3 > 6 ? end - 4 : start + 1;
          assertEquals(
            [received, reader.lost, reader.position],
            [range(first, end), first - start - 1, end],
            `${start} ${gone}`,
          );
        }
      }
    });

    it(`in the middle of a batch continues with what it copied, and counts the rest: ${way}`, () => {
      const { ticks, region } = broadcastOf(64), reader = ticks.reader();
      goOn(region, 40, 64);
      const prices: number[] = [];
      for (let k = 0; k < 3; k++) prices.push(reader.next()!.price);
      goOn(region, 2 ** 32, 64);
      prices.push(...receive(reader));
      // A chunk is 16 records.
      assertEquals(prices, [...range(0, 16), ...range(2 ** 32 + 40 - 64, 2 ** 32 + 40)]);
      assertEquals([reader.lost, reader.position], [2 ** 32 + 40 - 64 - 16, 2 ** 32 + 40]);
    });
  }

  it("in a drain, too", () => {
    const { ticks, region } = broadcastOf(64), reader = ticks.reader(), prices: number[] = [];
    goOn(region, 40, 64);
    const count = reader.drain((tick) => {
      prices.push(tick.price);
      if (prices.length === 20) goOn(region, 2 ** 32, 64);
    });
    assertEquals(prices, [...range(0, 32), ...range(2 ** 32 - 24, 2 ** 32 + 8)]);
    assertEquals([count, reader.lost, reader.position], [64, 2 ** 32 - 24 - 32, 2 ** 32 + 8]);
  });

  it("reads on where a writer died between the two stores of an epoch", () => {
    for (const [way, receive] of Object.entries(WAYS)) {
      for (const start of [2 ** 30 - 4, 2 ** 32 - 4, 2 ** 33 - 4]) {
        const { ticks, region } = broadcastOf(8, start), reader = ticks.reader();
        goOn(region, 3, 8);
        region.views.u32[EPOCH_OFFSET / 4]++; // the tail would have come next
        assertEquals([receive(reader), ticks.position, reader.position], [
          range(start, start + 3),
          start + 3,
          start + 3,
        ], way);
        const writer = ticks.writer();
        for (let price = start + 3; price < start + 9; price++) writer.push({ price });
        assertEquals([receive(reader), reader.position, reader.lost], [range(start + 3, start + 9), start + 9, 0], way);
        for (let price = start + 9; price < start + 29; price++) writer.push({ price });
        assertEquals([receive(reader), reader.lost], [range(start + 21, start + 29), 12], way);
      }
    }
  });
});

describe("pulling from a Broadcast", () => {
  it("mixes with all other ways to receive", () => {
    const { ticks } = broadcastOf(64), writer = ticks.writer(), tick = Tick.alloc();
    for (let price = 0; price < 60; price++) writer.push({ price });
    const reader = ticks.reader({ from: "oldest" }), prices: number[] = [];
    const take = (record: ViewOf<typeof Tick>) => void prices.push(record.price);
    for (let round = 0; round < 4; round++) {
      take(reader.next()!);
      assertEquals(reader.drain(take, 2), 2);
      assert(reader.shift(tick));
      take(tick);
      take(reader.nextWait()!);
      assert(reader.shiftWait(tick, { timeoutMs: 0 }));
      take(tick);
      assertEquals([reader.drainWait(take, 1, { timeoutMs: 0 }), reader.position], [1, prices.length]);
    }
    writer.push({ price: 60 });
    assertEquals([reader.drain(take), prices], [61 - 28, range(0, 61)]);
    assertEquals([reader.next(), reader.nextWait({ timeoutMs: 1 }), reader.lost], [undefined, undefined, 0]);
  });

  it("shows copies, each good until the next call", () => {
    const { ticks } = broadcastOf(4), writer = ticks.writer(), reader = ticks.reader();
    for (let price = 0; price < 4; price++) writer.push({ price });
    const first = reader.next()!;
    for (let price = 4; price < 100; price++) writer.push({ price });
    first.size = 5; // its own memory
    assertEquals([first.price, first.size, reader.next(), first.price], [0, 5, first, 1]);
    assertEquals([WAYS.next(reader), reader.lost], [[2, 3, 96, 97, 98, 99], 92]);
  });
});

describe("what a Broadcast refuses", () => {
  it("is the use of a reader by the function that its drain calls", () => {
    const { ticks } = broadcastOf(64), writer = ticks.writer(), reader = ticks.reader(), tick = Tick.alloc();
    for (let price = 0; price < 40; price++) writer.push({ price });
    const uses = [
      () => reader.drain(() => {}),
      () => reader.drainWait(() => {}),
      () => reader.shift(tick),
      () => reader.shiftWait(tick),
      () => reader.next(),
      () => reader.nextWait(),
    ];
    for (const use of uses) assertThrows(() => reader.drain(use), TypeError, "its drain is running");
    assertEquals(reader.position, 6); // each counted as received
    // Writing, and reading its own properties, is allowed.
    const seen: number[] = [], again = ticks.reader({ from: 6 });
    again.drain((tick) => {
      seen.push(tick.price);
      assertEquals([again.position, again.lost, again.length], [tick.price + 1, 0, ticks.position - tick.price - 1]);
      if (seen.length === 1) writer.push({ price: 40 });
    });
    assertEquals([seen, WAYS.next(again), WAYS.next(reader)], [range(6, 40), [40], range(6, 41)]);
  });

  it("is a function that is asynchronous: the record stays", () => {
    const { ticks } = broadcastOf(), writer = ticks.writer(), reader = ticks.reader();
    for (let price = 0; price < 3; price++) writer.push({ price });
    const later = async (_: ViewOf<typeof Tick>) => await undefined;
    // @ts-expect-error: a promise is nothing to return
    assertThrows(() => reader.drain(later), TypeError, "must have done its work");
    // @ts-expect-error: a promise is nothing to return
    assertThrows(() => reader.drainWait((tick) => later(tick), 2), TypeError, "must have done its work");
    assertEquals([reader.position, reader.drain((tick) => tick.price), reader.drain(() => null)], [0, 3, 0]);
  });

  it("is everything, once the segment is closed, whatever was copied and claimed before", () => {
    for (const writers of ["one", "many"] as const) {
      using one = Segment.anonymous({ byteLength: 2 ** 17 });
      one.create("ticks", Broadcast, { layout: Tick, capacity: 64, writers });
      const two = Segment.open(one.name), ticks = two.open("ticks", Broadcast, { layout: Tick });
      const writer = ticks.writer(), reader = ticks.reader(), other = ticks.reader(), draining = ticks.reader();
      for (let price = 0; price < 40; price++) writer.push({ price });
      assertEquals([reader.next()!.price, other.shift(Tick.alloc())], [0, true]);
      writer.claim();
      let count = 0;
      assertThrows(() => draining.drain(() => void (++count === 3 && two.close())), ClosedError);
      assertEquals(count, 3);
      const tick = Tick.alloc();
      const uses = [
        () => writer.claim(),
        () => writer.push({ price: 1 }),
        () => writer.push(tick),
        () => writer.publish(),
        () => writer.position,
        ...[reader, other, draining].flatMap((reader) => [
          () => reader.drain(() => {}),
          () => reader.drain(() => {}, 8),
          () => reader.drainWait(() => {}),
          () => reader.shift(tick),
          () => reader.shiftWait(tick),
          () => reader.next(),
          () => reader.nextWait(),
          () => reader.length,
        ]),
      ];
      for (const use of uses) assertThrows(use, ClosedError, "closed");
      writer.close();
    }
  });

  it("leaves no word changed, nor does whatever a reader does", () => {
    for (const writers of ["one", "many"] as const) {
      const { ticks, region } = broadcastOf(8, 0, writers), writer = ticks.writer(), tick = Tick.alloc();
      for (let price = 0; price < 40; price++) writer.push({ price });
      leavesWords(region, [PUBLISHED_EVENT_OFFSET], () => {
        for (const wait of ["spin", "yield", "block"] as const) {
          const reader = ticks.reader({ wait, from: 0 }), soon = { timeoutMs: 2 };
          assertEquals([reader.drain(() => {}, 3), reader.shift(tick), reader.next()!.price], [3, true, 36]);
          assertEquals([reader.drainWait(() => {}), reader.lost], [3, 32]);
          assertEquals([reader.drainWait(() => {}, 1, soon), reader.shiftWait(tick, soon)], [0, false]);
          assertEquals(reader.nextWait(soon), undefined);
          assertThrows(() => reader.nextWait({ timeoutMs: -1 }), RangeError);
          assertThrows(() => reader.drain(() => {}, 0), RangeError);
        }
        assertThrows(() => ticks.reader({ wait: "blok" as "block" }), TypeError);
        assertThrows(() => writer.push({ size: -1 }), RangeError);
        assertThrows(() => writer.push({ prize: 1 } as Partial<{ price: number }>), TypeError);
        assertThrows(() => writer.publish(), TypeError);
      });
      for (let i = 0; i < 4; i++) writer.claim();
      leavesWords(region, [], () => void assertThrows(() => writer.claim(), RangeError, "at most 4"));
    }
  });

  it("is a value that cannot be copied: the turn passes to others", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 16 }), other = Segment.anonymous({ byteLength: 2 ** 16 });
    using two = Segment.open(one.name);
    one.create("ticks", Broadcast, { layout: Tick, capacity: 8, writers: "many" });
    const [a, b] = [one, two].map((segment) => segment.open("ticks", Broadcast, { layout: Tick }).writer());
    const gone = Tick.view(other.create("x", RAW, {}).views) as ViewOf<typeof Tick>;
    other.close();
    assertThrows(() => a.push(gone), ClosedError);
    assertEquals([a.claimed, a.position], [0, 0]);
    b.push({ price: 1 });
    a.claim().price = 2;
    assertThrows(() => a.push(gone), ClosedError);
    assertEquals([a.claimed, a.position], [1, 1]);
    a.publish();
    b.push({ price: 3 });
    assertEquals(WAYS.next(two.open("ticks", Broadcast, { layout: Tick }).reader({ from: 0 })), [1, 2, 3]);
  });

  it("is nothing that a getter of a pushed value pushes: it comes first", () => {
    for (const writers of ["one", "many"] as const) {
      const { ticks } = broadcastOf(4, 0, writers), writer = ticks.writer(), reader = ticks.reader();
      writer.push({
        get price() {
          writer.push({ price: 1 });
          return 2;
        },
      });
      assertEquals(WAYS.next(reader), [1, 2]);
    }
  });
});

/** A part of a segment. */
const RAW = {
  kind: "Raw",
  byteLength: (): number => 64,
  init: (): void => {},
  attach: (region: Region): Region => region,
};

describe("a reader of a Broadcast that is attached for reading only", () => {
  it("sleeps while it blocks, and not for long at a time", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const writer = segment.create("ticks", Broadcast, { layout: Tick, capacity: 4 }).writer(), tick = Tick.alloc();
    using other = Segment.open(segment.name, { readOnly: true });
    const ticks = other.open("ticks", Broadcast, { layout: Tick }),
      reader = ticks.reader(),
      spinner = ticks.reader({ wait: "spin" });
    for (const [wait, one] of [["block", reader], ["spin", spinner]] as const) {
      const start = performance.now(), cpu = threadCpuMs();
      assertEquals(one.shiftWait(tick, { timeoutMs: 300 }), false);
      const took = performance.now() - start, used = threadCpuMs() - cpu;
      assert(took >= 299 && took < 20_000, `${wait}: ${took} ms`);
      assert(wait === "spin" || used < took / 5, `${wait} used ${used} of ${took} ms`);
    }
    writer.push({ price: 1 });
    assert(reader.shiftWait(tick, { timeoutMs: 1000 }) && spinner.nextWait()!.price === 1);
  });
});
