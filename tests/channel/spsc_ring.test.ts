import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  array,
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
  u8,
  type ViewOf,
} from "@shmkit/shmkit";
import { CONSUMER_OFFSET, PRODUCER_OFFSET } from "../../lib/channel/spsc_ring/format.ts";
import { SpscRing } from "../../lib/channel/spsc_ring/spsc_ring.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";
import { startRingAt } from "./spsc_ring_sample.ts";

const Tick = struct("Tick", { price: f64, size: u32 });

function ringOf(capacity = 4, start = 0): { ring: SpscRing<typeof Tick>; region: Region } {
  const options = { layout: Tick, capacity };
  const region = Region.over(new SharedArrayBuffer(SpscRing.byteLength(options)));
  SpscRing.init(region, options);
  startRingAt(region.views.u32, start);
  return { ring: SpscRing.attach(region, options), region };
}

/** Receives everything there is. */
function drained(consumer: { drain(fn: (tick: ViewOf<typeof Tick>) => void, limit?: number): number }, limit?: number) {
  const prices: number[] = [];
  assertEquals(consumer.drain((tick) => void prices.push(tick.price), limit), prices.length);
  return prices;
}

describe("SpscRing", () => {
  it("hands records over in order, in every way there is", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    const tick = Tick.alloc();
    assertEquals([consumer.shift(tick), consumer.drain(() => {})], [false, 0]);
    assertEquals(producer.push({ price: 1, size: 1 }), true);
    tick.price = 2;
    producer.push(tick);
    producer.claim()!.price = 3;
    assertEquals([ring.length, producer.claimed], [2, 1]); // not before publish
    producer.publish();
    assertEquals([ring.length, ring.free, ring.capacity, producer.free, consumer.length], [3, 1, 4, 1, 3]);
    assertEquals([consumer.shift(tick), tick.price, tick.size], [true, 1, 1]);
    assertEquals(drained(consumer), [2, 3]);
    assertEquals([ring.length, producer.position, consumer.position], [0, 3, 3]);
  });

  it("refuses when full, and counts that", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 4; i++) assert(producer.push({ price: i, size: 0 }));
    assertEquals([ring.refusals, producer.push({ price: 9, size: 0 }), producer.claim()], [0, false, undefined]);
    assertEquals([ring.refusals, ring.length, ring.free, ring.highWater], [2, 4, 0, 4]);
    assertEquals(drained(consumer, 1), [0]);
    assert(producer.push({ price: 4, size: 0 }));
    assertEquals(producer.push({ price: 9, size: 0 }), false);
    assertEquals(drained(consumer), [1, 2, 3, 4]);
  });

  it("publishes a batch at once, and only once", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 4; i++) producer.claim()!.price = i;
    assertEquals([producer.claim(), producer.claimed, ring.length], [undefined, 4, 0]);
    producer.publish();
    assertThrows(() => producer.publish(), TypeError, "as nothing was claimed");
    assertEquals(drained(consumer, 3), [0, 1, 2]);
    assertEquals(drained(consumer, 3), [3]);
  });

  it("drops aborted claims", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    producer.push({ price: 1, size: 0 });
    producer.claim()!.price = 8;
    producer.claim()!.price = 9;
    producer.abort();
    assertEquals(producer.claimed, 0);
    assertThrows(() => producer.publish(), TypeError);
    for (let i = 2; i <= 4; i++) producer.push({ price: i, size: 0 });
    assertEquals([producer.claim(), drained(consumer)], [undefined, [1, 2, 3, 4]]);
  });

  it("publishes nothing of a value that does not fit", () => {
    const { ring } = ringOf(), producer = ring.producer();
    assertThrows(() => producer.push({ price: 1, size: -1 }), RangeError, "Tick.size");
    assertThrows(() => producer.push({ prize: 1 } as Partial<{ price: number }>), TypeError, "prize");
    const other = struct("Other", { a: u8 }).alloc() as unknown as ViewOf<typeof Tick>;
    assertThrows(() => producer.push(other), TypeError);
    assertEquals([ring.length, producer.claimed], [0, 0]);
    const consumer = ring.consumer();
    producer.push({ price: 1, size: 2 });
    assertThrows(() => consumer.shift(other), TypeError);
    assertEquals(drained(consumer), [1]);
  });

  it("counts on past 2^31 and 2^32, at every offset and capacity", () => {
    for (const capacity of [2, 3, 4, 5, 64]) {
      for (const start of [2 ** 31, 2 ** 32]) {
        for (let before = 0; before <= 5; before++) {
          const { ring } = ringOf(capacity, start - before), producer = ring.producer(), consumer = ring.consumer();
          assertEquals([ring.length, producer.position], [0, (start - before) % 2 ** 32]);
          let sent = 0, received = 0;
          for (let round = 0; round < 6; round++) {
            while (producer.claim()) producer.publish(), sent++;
            assertEquals([ring.length, ring.free, producer.free, consumer.length], [capacity, 0, 0, capacity]);
            received += consumer.drain(() => {}, capacity - 1);
            assertEquals([ring.length, sent - received], [1, 1]);
          }
          assertEquals(producer.position, (start - before + sent) % 2 ** 32);
        }
      }
    }
  });

  it("keeps records apart, whatever their size", () => {
    for (const layout of [struct("A", { a: u8 }), struct("B", { a: array(u8, 3) }), Sample]) {
      const options = { layout, capacity: 8 };
      const region = Region.over(new ArrayBuffer(SpscRing.byteLength(options)));
      SpscRing.init(region, options);
      // deno-lint-ignore no-explicit-any -- three layouts in one loop
      const ring = SpscRing.attach<any>(region, options), any = layout as any;
      const producer = ring.producer(), consumer = ring.consumer();
      const valueOf = (seed: number) => {
        const value = any.alloc();
        any.viewsOf(value).u8.fill(seed, 0, layout.byteLength);
        return value;
      };
      for (let i = 0; i < 30; i++) {
        for (let j = 0; j < 8; j++) assert(producer.push(valueOf(i * 8 + j)));
        for (let j = 0; j < 8; j++) {
          const value = any.alloc();
          assert(consumer.shift(value));
          assertEquals([...any.viewsOf(value).u8], [...any.viewsOf(valueOf(i * 8 + j)).u8]);
        }
      }
    }
  });

  it("reports the most records there were", () => {
    const { ring } = ringOf(8), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 3; i++) producer.push({ price: i });
    assertEquals(ring.highWater, 3);
    drained(consumer);
    producer.push({ price: 1 });
    drained(consumer);
    assertEquals([ring.highWater, ring.length], [3, 0]);
    while (producer.push({ price: 1 }));
    drained(consumer);
    assertEquals(ring.highWater, 8);
  });

  const badOptions: [title: string, capacity: unknown][] = [
    ["nothing", 0],
    ["one record", 1],
    ["half a record more", 4.5],
    ["too many", 2 ** 31],
    ["text", "4"],
  ];
  for (const [title, capacity] of badOptions) {
    it(`refuses a capacity of ${title}`, () =>
      void assertThrows(
        () => ringOf(capacity as number),
        RangeError,
        `an integer from 2 to 1073741824: received ${JSON.stringify(capacity)}`,
      ));
  }

  it("refuses memory that holds no ring, another one, or one cut short", () => {
    const small = Region.over(new ArrayBuffer(64)), empty = Region.over(new ArrayBuffer(4096));
    assertThrows(() => SpscRing.attach(small, { layout: Tick }), SegmentFormatError, "896");
    assertThrows(() => SpscRing.attach(empty, { layout: Tick }), SegmentFormatError, "capacity must be");
    const { region } = ringOf();
    assertThrows(() => SpscRing.attach(region, { layout: Tick, capacity: 8 }), SegmentFormatError, "8 in the options");
    assertThrows(() => SpscRing.attach(region, { layout: Sample }), SegmentFormatError, "record's length");
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 8);
    assertThrows(() => SpscRing.attach(cut, { layout: Tick }), SegmentFormatError, "for 4 records");
    region.views.u32[128 / 4] = 5;
    assertThrows(() => SpscRing.attach(region, { layout: Tick }), SegmentFormatError, "at most 4: found 5");
  });

  it("lies in a segment, and refuses another layout", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("ticks", SpscRing, { layout: Tick, capacity: 16 });
    ring.producer().push({ price: 1.5, size: 2 });
    const tick: ViewOf<typeof Tick> = Tick.alloc();
    assert(segment.open("ticks", SpscRing, { layout: Tick }).consumer().shift(tick));
    assertEquals(Tick.toObject(tick), { price: 1.5, size: 2 });
    assertThrows(() => segment.open("ticks", SpscRing, { layout: Sample }), LayoutMismatchError);
  });

  it("can be inspected, and nothing else, through a read-only attachment", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("ticks", SpscRing, { layout: Tick, capacity: 4 }), producer = ring.producer();
    while (producer.push({ price: 1 }));
    using other = Segment.open(segment.name, { readOnly: true });
    const seen = other.open("ticks", SpscRing, { layout: Tick });
    for (let i = 0; i < 10_000; i++) assertEquals(seen.length, 4); // optimised: a locked load would kill us
    assertEquals([seen.free, seen.highWater, seen.refusals], [0, 4, 1]);
    assertThrows(() => seen.producer(), ReadOnlyError);
    assertThrows(() => seen.consumer(), ReadOnlyError);
  });
});

describe("the roles of a SpscRing", () => {
  it("have one live holder each", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
    using two = Segment.open(one.name);
    const first = one.create("ticks", SpscRing, { layout: Tick, capacity: 4 });
    const second = two.open("ticks", SpscRing, { layout: Tick });
    const producer = first.producer(), consumer = first.consumer();
    assertThrows(() => second.producer(), RoleTakenError, "(feed), which is alive");
    assertThrows(() => second.consumer(), RoleTakenError, "(feed), which is alive");
    producer.push({ price: 1 });
    producer.push({ price: 2 });
    producer.claim()!.price = 99;
    drained(consumer, 1);
    producer.close();
    producer.close();
    consumer.close();
    consumer.close();
    using nextProducer = second.producer(), nextConsumer = second.consumer();
    nextProducer.push({ price: 3 });
    assertEquals(drained(nextConsumer), [2, 3]);
    const uses = [
      () => producer.claim(),
      () => producer.publish(),
      () => producer.push({ price: 1 }),
      () => producer.claimWait(),
      () => producer.free,
      () => consumer.drain(() => {}),
      () => consumer.shift(Tick.alloc()),
      () => consumer.drainWait(() => {}),
      () => consumer.length,
    ];
    for (const use of uses) assertThrows(use, NotOwnerError, "was closed; call");
  });

  it("go with their attachment", () => {
    using one = Segment.anonymous({ byteLength: 65_536 });
    const ring = one.create("ticks", SpscRing, { layout: Tick, capacity: 4 });
    const two = Segment.open(one.name), other = two.open("ticks", SpscRing, { layout: Tick });
    const producer = other.producer(), consumer = other.consumer();
    producer.push({ price: 1 });
    producer.claim();
    two.close();
    const uses = [
      () => producer.claim()!.price = 1,
      () => producer.publish(),
      () => producer.push({ price: 1 }),
      () => producer.pushWait({ price: 1 }),
      () => consumer.drain((tick) => void tick.price),
      () => consumer.shift(Tick.alloc()),
      () => consumer.shiftWait(Tick.alloc()),
      () => other.length,
      () => other.producer(),
    ];
    for (const use of uses) assertThrows(use, ClosedError, "closed");
    producer.close();
    consumer.close();
    ring.producer().push({ price: 2 });
    assertEquals(drained(ring.consumer()), [1, 2]);
  });

  it("are not taken if their options are refused", () => {
    const { ring } = ringOf();
    assertThrows(() => ring.producer({ wait: "sleep" as WaitStrategy }), TypeError, '"block": received sleep');
    assertThrows(() => ring.consumer({ wait: "sleep" as WaitStrategy }), TypeError);
    ring.producer().close();
    ring.consumer().close();
  });

  it("are left with the dead if their options are refused", () => {
    const { region: { views } } = ringOf(), words = [PRODUCER_OFFSET / 4, CONSUMER_OFFSET / 4], dead = 7;
    const party = { id: 1, seesDeaths: true, isAlive: () => false, isOfThisThread: () => false, describe: String };
    const ring = SpscRing.attach(new Region("ring", views, party, false), { layout: Tick });
    for (const word of words) views.i32[word] = dead;
    for (const options of [{ wait: "sleep" as WaitStrategy }, { pollMs: -1 }, null as never]) {
      assertThrows(() => ring.producer(options));
      assertThrows(() => ring.consumer(options));
      assertEquals(words.map((word) => views.i32[word]), [dead, dead]);
    }
  });
});

describe("draining a SpscRing", () => {
  it("keeps the record at which the function threw", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    const throwAt = (price: number) =>
      consumer.drain((tick) => {
        if (tick.price === price) throw new Error("enough");
      });
    assertThrows(() => throwAt(2), Error, "enough");
    assertEquals(ring.length, 2);
    assertThrows(() => throwAt(2), Error, "enough");
    assertEquals(drained(consumer), [2, 3]);
  });

  it("refuses to be used by its own function", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    producer.push({ price: 1 });
    producer.push({ price: 2 });
    const uses = [
      () => consumer.drain(() => {}),
      () => consumer.shift(Tick.alloc()),
      () => consumer.drainWait(() => {}),
      () => consumer.close(),
    ];
    for (const use of uses) {
      assertThrows(() => consumer.drain(use), TypeError, "its drain is running");
    }
    assertEquals(drained(consumer), [1, 2]);
    // The producer may be.
    producer.push({ price: 3 });
    consumer.drain((tick) => void producer.push({ price: tick.price + 1 }));
    assertEquals(drained(consumer), [4]);
  });

  it("says so if the segment is closed meanwhile", () => {
    const segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("ticks", SpscRing, { layout: Tick, capacity: 4 });
    const producer = ring.producer(), consumer = ring.consumer();
    producer.push({ price: 1 });
    assertThrows(() => consumer.drain(() => segment.close()), ClosedError);
  });

  it("takes any limit from 1 on", () => {
    const { ring } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    for (const limit of [0, -1, NaN, 0.5]) {
      assertThrows(() => consumer.drain(() => {}, limit), RangeError, `must be 1 or more: received ${limit}`);
    }
    assertEquals(drained(consumer, 1.5), [0]);
    assertEquals(drained(consumer, 2 ** 40), [1, 2, 3]);
  });
});

describe("waiting for a SpscRing", () => {
  for (const wait of ["spin", "yield", "block"] as const) {
    for (const inSegment of [true, false]) {
      it(`${wait}s no longer than it may ${inSegment ? "in a segment" : "in memory of threads"}`, () => {
        using segment = Segment.anonymous({ byteLength: 65_536 });
        const ring = inSegment ? segment.create("ticks", SpscRing, { layout: Tick, capacity: 2 }) : ringOf(2).ring;
        const producer = ring.producer({ wait }), consumer = ring.consumer({ wait }), tick = Tick.alloc();
        for (const timeoutMs of [0, 20]) {
          const start = performance.now();
          assertEquals(consumer.drainWait(() => {}, 1, { timeoutMs }), 0);
          assertEquals(consumer.shiftWait(tick, { timeoutMs }), false);
          assert(producer.pushWait({ price: 1 }, { timeoutMs }));
          assert(producer.claimWait({ timeoutMs }));
          producer.publish();
          assertEquals(producer.pushWait({ price: 2 }, { timeoutMs }), false);
          assertEquals(producer.claimWait({ timeoutMs }), undefined);
          const took = performance.now() - start;
          assert(took >= timeoutMs * 4 - 1 && took < timeoutMs * 4 + 20_000, `took ${took} ms`);
          assert(consumer.shiftWait(tick));
          assertEquals(consumer.drainWait(() => {}), 1);
        }
        assertEquals(ring.refusals, 0); // waiting is no refusal
        assertThrows(
          () => producer.pushWait({ price: 1 }, { timeoutMs: -1 }),
          RangeError,
          "timeoutMs must be 0 or more",
        );
        assertThrows(() => consumer.drainWait(() => {}, 1, { timeoutMs: NaN }), RangeError);
      });
    }
  }

  it("makes no wake-up and writes no more than needed if no process sleeps", () => {
    const { ring, region } = ringOf(), producer = ring.producer(), consumer = ring.consumer();
    for (let i = 0; i < 100; i++) {
      producer.push({ price: 1 });
      drained(consumer);
    }
    assertEquals([region.source.u32[640 / 4], region.source.u32[768 / 4]], [0, 0]);
  });
});

describe("the samples", () => {
  it("go through whole", () => {
    const options = { layout: Sample, capacity: 8 };
    const region = Region.over(new SharedArrayBuffer(SpscRing.byteLength(options)));
    SpscRing.init(region, options);
    const ring = SpscRing.attach(region, options), producer = ring.producer(), consumer = ring.consumer();
    let received = 0;
    for (let i = 0; i < 10_000; i++) {
      fill(producer.claim()!, i);
      producer.publish();
      if (i % 5 === 4) {
        consumer.drain((sample) => {
          assert(isWhole(sample));
          assertEquals(sample.sequence, received++);
        });
      }
    }
    assertGreater(received, 9990);
  });
});
