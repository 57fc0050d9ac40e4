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
  Segment,
  SegmentFormatError,
  SegmentStateError,
  struct,
  u32,
  u8,
  type ViewOf,
} from "@shmkit/shmkit";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { FREED_EVENT_OFFSET, PUBLISHED_EVENT_OFFSET } from "../../lib/channel/mpmc_queue/format.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";
import { QueueWords } from "./mpmc_queue_sample.ts";

const Tick = struct("Tick", { price: f64, size: u32 });

function queueOf(capacity = 4, start = 0) {
  const options = { layout: Tick, capacity };
  const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
  MpmcQueue.init(region, options);
  const words = new QueueWords(region.views.i32, options);
  words.startAt(start);
  return { queue: MpmcQueue.attach(region, options), region, words };
}

/** Receives everything there is. */
function drained(consumer: { drain(fn: (tick: ViewOf<typeof Tick>) => void, limit?: number): number }, limit?: number) {
  const prices: number[] = [];
  assertEquals(consumer.drain((tick) => void prices.push(tick.price), limit), prices.length);
  return prices;
}

describe("MpmcQueue", () => {
  it("hands records over in order, in every way there is", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    const tick = Tick.alloc();
    assertEquals([consumer.shift(tick), consumer.drain(() => {})], [false, 0]);
    assertEquals(producer.push({ price: 1, size: 1 }), true);
    tick.price = 2;
    producer.push(tick);
    producer.claim()!.price = 3;
    assertEquals([queue.length, producer.claimed, consumer.length], [3, 1, 3]); // claimed ones are among them
    assertEquals([consumer.shift(tick), tick.price, tick.size], [true, 1, 1]);
    assertEquals(drained(consumer), [2]); // but are not received before publish
    producer.publish();
    assertEquals([queue.length, queue.free, queue.capacity, producer.free, producer.claimed], [1, 3, 4, 3, 0]);
    assertEquals(drained(consumer), [3]);
    assertEquals([queue.length, consumer.shift(tick)], [0, false]);
  });

  it("has each record received by one consumer, in the order of the claims", () => {
    const { queue } = queueOf(8), tick = Tick.alloc();
    const producers = [queue.producer(), queue.producer(), queue.producer()];
    const consumers = [queue.consumer(), queue.consumer()];
    let sent = 0, received = 0;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 1 + round % 8; i++) producers[sent % 3].push({ price: sent++, size: 0 });
      for (let i = 0; consumers[i % 2].shift(tick); i++) assertEquals(tick.price, received++);
    }
    assertEquals([received, sent], [sent, received]);
    const [first, second] = producers, early = first.claim()!;
    second.push({ price: 2 });
    assertEquals(drained(consumers[0]), []); // waits for the one before it
    early.price = 1;
    first.publish();
    assertEquals(drained(consumers[1]), [1, 2]);
  });

  it("refuses when full, and counts that", () => {
    for (const capacity of [2, 3, 4, 7]) {
      const { queue } = queueOf(capacity), producer = queue.producer(), other = queue.producer();
      const consumer = queue.consumer();
      for (let i = 0; i < capacity; i++) assert((i % 2 ? producer : other).push({ price: i, size: 0 }));
      assertEquals([queue.refusals, producer.push({ price: 9 }), other.claim()], [0, false, undefined]);
      assertEquals([queue.refusals, queue.length, queue.free, queue.highWater], [2, capacity, 0, capacity]);
      assertEquals(drained(consumer, 1), [0]);
      assert(other.push({ price: capacity }));
      assertEquals(producer.push({ price: 9 }), false);
      assertEquals(drained(consumer).length, capacity);
      other.close();
      queue.producer();
      assertEquals([queue.refusals, queue.highWater], [3, capacity]);
    }
  });

  it("publishes a batch, and only once", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 4; i++) producer.claim()!.price = i;
    assertEquals([producer.claim(), producer.claimed], [undefined, 4]);
    producer.publish();
    assertThrows(() => producer.publish(), TypeError, "as nothing was claimed");
    assertEquals(drained(consumer, 3), [0, 1, 2]);
    assertEquals(drained(consumer, 3), [3]);
  });

  it("claims ahead as much as there is, and skips unused claims", () => {
    const { queue, words } = queueOf(8), one = queue.producer(), other = queue.producer(), consumer = queue.consumer();
    one.claim(3)!.price = 1;
    other.push({ price: 4 });
    assertEquals([words.tail, words.countOf(0)], [4, 3]);
    one.claim()!.price = 2;
    one.publish();
    assertEquals([queue.length, words.countOf(0)], [4, 0]);
    assertEquals([drained(consumer), queue.length], [[1, 2, 4], 0]);
    for (let i = 0; i < 3; i++) assert(other.push({ price: i }));
    one.claim(256)!.price = 3;
    assertEquals([words.tail, queue.free], [12, 0]); // the five that were there
    for (let i = 4; i < 8; i++) one.claim(7)!.price = i;
    assertEquals(one.claim(2), undefined);
    one.publish();
    assertEquals(drained(consumer), [0, 1, 2, 3, 4, 5, 6, 7]);
    for (const ahead of [0, -1, 257, 1.5, NaN]) assertThrows(() => one.claim(ahead), RangeError, "'ahead' must be");
    assertEquals([queue.lostClaims, queue.lostReads, one.claimed], [0, 0, 0]);
  });

  it("refuses more than 256 claims", () => {
    const { queue } = queueOf(1000), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 250; i++) producer.claim();
    for (let i = 0; i < 6; i++) producer.claim(100);
    assertEquals([queue.length, producer.claimed], [256, 256]);
    assertThrows(() => producer.claim(), RangeError, "at most 256 may be before a publish");
    assertThrows(() => producer.push({ price: 1 }), RangeError, "at most 256");
    assertThrows(() => producer.pushWait({ price: 1 }), RangeError, "at most 256");
    producer.publish();
    assertEquals(drained(consumer).length, 256);
  });

  it("skips aborted claims, wherever they lie", () => {
    const { queue, words } = queueOf(8), one = queue.producer(), other = queue.producer(), consumer = queue.consumer();
    one.push({ price: 1 });
    one.claim()!.price = 8;
    other.push({ price: 2 });
    one.claim(3)!.price = 9;
    assertEquals(words.countOf(0), 5); // the other's is among them
    one.abort();
    assertEquals([one.claimed, words.countOf(0)], [0, 0]);
    assertThrows(() => one.publish(), TypeError);
    one.push({ price: 3 });
    assertEquals(drained(consumer), [1, 2, 3]);
    for (let i = 0; i < 30; i++) {
      one.claim();
      one.abort();
      one.abort();
      assertEquals(drained(consumer), []);
    }
    assertEquals([queue.length, queue.lostClaims], [0, 0]);
  });

  it("publishes nothing of a value that does not fit", () => {
    const { queue, words } = queueOf(8), producer = queue.producer(), consumer = queue.consumer();
    assertThrows(() => producer.push({ price: 1, size: -1 }), RangeError, "Tick.size");
    assertThrows(() => producer.push({ prize: 1 } as Partial<{ price: number }>), TypeError, "prize");
    const other = struct("Other", { a: u8 }).alloc() as unknown as ViewOf<typeof Tick>;
    assertThrows(() => producer.push(other), TypeError);
    assertEquals([producer.claimed, words.countOf(0), drained(consumer), queue.length], [0, 0, [], 0]);
    producer.claim()!.price = 1;
    assertThrows(() => producer.push(other), TypeError);
    assertEquals([producer.claimed, words.countOf(0)], [1, 1]);
    producer.push({ price: 2, size: 2 });
    assertThrows(() => consumer.shift(other), TypeError);
    assertEquals([drained(consumer), queue.lostClaims, queue.lostReads], [[1, 2], 0, 0]);
  });

  it("counts on past 2^31 and 2^32, at every offset and capacity", () => {
    for (const capacity of [2, 3, 4, 5, 64]) {
      for (const start of [2 ** 31, 2 ** 32]) {
        for (let before = 0; before <= 5; before++) {
          const { queue, words } = queueOf(capacity, start - before);
          const producers = [queue.producer(), queue.producer()], consumers = [queue.consumer(), queue.consumer()];
          let sent = 0, received = 0;
          const check = (tick: ViewOf<typeof Tick>) => assertEquals(tick.price, received++);
          for (let round = 0; round < 6; round++) {
            while (producers[sent % 2].push({ price: sent })) sent++;
            assertEquals([queue.length, queue.free], [capacity, 0]);
            consumers[round % 2].drain(check, capacity - 1);
            assertEquals([queue.length, sent - received], [1, 1]);
          }
          assertEquals(words.tail >>> 0, (start - before + sent) % 2 ** 32);
          assertEquals([queue.lostClaims, queue.lostReads], [0, 0]);
        }
      }
    }
  });

  it("keeps records apart, whatever their size", () => {
    for (const layout of [struct("A", { a: u8 }), struct("B", { a: array(u8, 13) }), Sample]) {
      const options = { layout, capacity: 8 };
      const region = Region.over(new ArrayBuffer(MpmcQueue.byteLength(options)));
      MpmcQueue.init(region, options);
      // deno-lint-ignore no-explicit-any -- three layouts in one loop
      const queue = MpmcQueue.attach<any>(region, options), any = layout as any;
      const producer = queue.producer(), consumer = queue.consumer();
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
    const { queue } = queueOf(256), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 3; i++) producer.push({ price: i });
    assertEquals(queue.highWater, 3);
    drained(consumer);
    producer.push({ price: 1 });
    drained(consumer);
    assertEquals([queue.highWater, queue.length], [3, 0]);
    for (let i = 0; i < 200; i++) producer.push({ price: 1 });
    const tick = Tick.alloc();
    while (consumer.shift(tick));
    assert(queue.highWater >= 136 && queue.highWater <= 200, `found ${queue.highWater}`);
    while (producer.push({ price: 1 }));
    drained(consumer);
    assertEquals(queue.highWater, 256);
  });

  const badOptions: [title: string, options: { capacity: unknown; maxParticipants?: unknown }, range: string][] = [
    ["nothing", { capacity: 0 }, "2 to 1073741824: received 0"],
    ["one record", { capacity: 1 }, "2 to 1073741824: received 1"],
    ["half a record more", { capacity: 4.5 }, "received 4.5"],
    ["too many records", { capacity: 2 ** 31 }, "received 2147483648"],
    ["text", { capacity: "4" }, 'received "4"'],
    ["one participant", { capacity: 4, maxParticipants: 1 }, "maxParticipants must be an integer from 2 to 1024"],
    ["too many participants", { capacity: 4, maxParticipants: 1025 }, "received 1025"],
  ];
  for (const [title, options, message] of badOptions) {
    it(`cannot be made for ${title}`, () =>
      void assertThrows(
        () => MpmcQueue.byteLength({ layout: Tick, ...options as { capacity: number } }),
        RangeError,
        message,
      ));
  }

  it("refuses memory that holds no queue, another one, or one cut short", () => {
    const small = Region.over(new ArrayBuffer(64)), empty = Region.over(new ArrayBuffer(65_536));
    assertThrows(() => MpmcQueue.attach(small, { layout: Tick }), SegmentFormatError, "640");
    assertThrows(() => MpmcQueue.attach(empty, { layout: Tick }), SegmentFormatError, "capacity must be");
    const { region, words } = queueOf();
    const refused: [Parameters<typeof MpmcQueue.attach>[1], string][] = [
      [{ layout: Tick, capacity: 8 }, "8 in the options"],
      [{ layout: Tick, maxParticipants: 8 }, "'maxParticipants' must be 64"],
      [{ layout: Sample }, "record's length"],
    ];
    for (const [options, message] of refused) {
      assertThrows(() => MpmcQueue.attach(region, options), SegmentFormatError, message);
    }
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 8);
    assertThrows(() => MpmcQueue.attach(cut, { layout: Tick }), SegmentFormatError, "for 4 records");
    words.tail = 5;
    assertThrows(() => MpmcQueue.attach(region, { layout: Tick }), SegmentFormatError, "at most 4: found 5");
  });

  it("lies in a segment, and refuses another layout", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const queue = segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 16 });
    queue.producer().push({ price: 1.5, size: 2 });
    const tick: ViewOf<typeof Tick> = Tick.alloc();
    assert(segment.open("ticks", MpmcQueue, { layout: Tick }).consumer().shift(tick));
    assertEquals(Tick.toObject(tick), { price: 1.5, size: 2 });
    assertThrows(() => segment.open("ticks", MpmcQueue, { layout: Sample }), LayoutMismatchError);
  });

  it("can be inspected, and nothing else, through a read-only attachment", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const queue = segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 }), producer = queue.producer();
    while (producer.push({ price: 1 }));
    using other = Segment.open(segment.name, { readOnly: true });
    const seen = other.open("ticks", MpmcQueue, { layout: Tick });
    for (let i = 0; i < 10_000; i++) assertEquals(seen.length, 4); // optimised: a locked load would kill us
    assertEquals([seen.free, seen.highWater, seen.refusals, seen.lostClaims, seen.lostReads], [0, 4, 1, 0, 0]);
    assertThrows(() => seen.producer(), ReadOnlyError);
    assertThrows(() => seen.consumer(), ReadOnlyError);
  });
});

describe("the producers and consumers of a MpmcQueue", () => {
  it("are as many as may be, and make room when closed", () => {
    const options = { layout: Tick, capacity: 4, maxParticipants: 3 };
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const queue = segment.create("ticks", MpmcQueue, options);
    const all = [queue.producer(), queue.consumer(), queue.consumer()];
    for (const one of all) {
      assertThrows(() => queue.producer(), SegmentStateError, "at most 3 producers and consumers");
      one.close();
      one.close();
      assertThrows(() => queue.consumer({ wait: "sleep" as WaitStrategy }), TypeError, '"block": received sleep');
      queue.consumer();
    }
    using other = Segment.open(segment.name);
    const seen = other.open("ticks", MpmcQueue, { layout: Tick });
    assertThrows(() => seen.producer(), SegmentStateError, "larger maxParticipants");
  });

  it("refuse all once closed, and leave nothing to wait for", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    producer.push({ price: 1 });
    producer.claim(2)!.price = 99;
    producer.close();
    consumer.close();
    const uses = [
      () => producer.claim(),
      () => producer.push({ price: 1 }),
      () => producer.claimWait(),
      () => producer.publish(),
      () => producer.free,
      () => consumer.drain(() => {}),
      () => consumer.drain(() => {}, 1),
      () => consumer.shift(Tick.alloc()),
      () => consumer.drainWait(() => {}),
      () => consumer.length,
    ];
    for (const use of uses) assertThrows(use, NotOwnerError, "was closed; call");
    queue.producer().push({ price: 2 });
    assertEquals([drained(queue.consumer()), queue.lostClaims, queue.lostReads], [[1, 2], 0, 0]);
  });

  it("go with their attachment", () => {
    using one = Segment.anonymous({ byteLength: 65_536 });
    const queue = one.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 });
    const two = Segment.open(one.name), other = two.open("ticks", MpmcQueue, { layout: Tick });
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
      () => consumer.drain((tick) => void tick.price, 1),
      () => consumer.shift(Tick.alloc()),
      () => consumer.shiftWait(Tick.alloc()),
      () => other.length,
      () => other.lostReads,
      () => other.producer(),
    ];
    for (const use of uses) assertThrows(use, ClosedError, "closed");
    producer.abort();
    producer.close();
    consumer.close();
    queue.producer().push({ price: 2 });
    assertEquals([queue.lostClaims, drained(queue.consumer())], [1, [1, 2]]);
  });
});

describe("draining a MpmcQueue", () => {
  it("keeps the record at which the function threw, and those taken with it", () => {
    const { queue, words } = queueOf(8), producer = queue.producer(), consumer = queue.consumer();
    const other = queue.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    const throwAt = (price: number) =>
      consumer.drain((tick) => {
        if (tick.price === price) throw new Error("enough");
      });
    assertThrows(() => throwAt(2), Error, "enough");
    assertEquals([queue.length, words.countOf(1), drained(other)], [0, 4, []]);
    assertThrows(() => throwAt(2), Error, "enough");
    producer.push({ price: 4 });
    assertEquals(drained(consumer, 1), [2]);
    const tick = Tick.alloc();
    assert(consumer.shift(tick));
    assertEquals([tick.price, words.countOf(1), drained(other)], [3, 0, [4]]);
    for (let i = 5; i < 8; i++) producer.push({ price: i });
    assertThrows(() => throwAt(6), Error, "enough");
    assertEquals(drained(consumer), [6, 7]);
  });

  it("loses and counts the record at which the function threw if the consumer is closed", () => {
    const { queue } = queueOf(4), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    const fail = () => {
      throw new Error("enough");
    };
    assertThrows(() => consumer.drain(fail), Error, "enough");
    assertEquals(producer.push({ price: 4 }), false);
    consumer.close();
    assertEquals([queue.lostReads, queue.lostClaims], [4, 0]);
    for (let i = 4; i < 8; i++) assert(producer.push({ price: i }));
    assertEquals(drained(queue.consumer()), [4, 5, 6, 7]);
  });

  it("refuses to be used by its own function", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    producer.push({ price: 1 });
    producer.push({ price: 2 });
    const uses = [
      () => consumer.drain(() => {}),
      () => consumer.shift(Tick.alloc()),
      () => consumer.drainWait(() => {}),
      () => consumer.close(),
    ];
    for (const use of uses) assertThrows(() => consumer.drain(use), TypeError, "its drain is running");
    assertEquals(drained(consumer), [1, 2]);
    // Producers and other consumers may be.
    producer.push({ price: 3 });
    const other = queue.consumer();
    consumer.drain((tick) => {
      producer.push({ price: tick.price + 1 });
      assertEquals(drained(other), [4]);
    });
    assertEquals(queue.length, 0);
  });

  it("says so if the segment is closed meanwhile", () => {
    const segment = Segment.anonymous({ byteLength: 65_536 });
    const queue = segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 });
    const producer = queue.producer(), consumer = queue.consumer();
    producer.push({ price: 1 });
    assertThrows(() => consumer.drain(() => segment.close()), ClosedError);
    consumer.close();
  });

  it("takes any limit from 1 on, and ends while others keep publishing", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    for (const limit of [0, -1, NaN, 0.5]) {
      assertThrows(() => consumer.drain(() => {}, limit), RangeError, `must be 1 or more: received ${limit}`);
    }
    assertEquals(drained(consumer, 1.5), [0]);
    assertEquals(drained(consumer, 2 ** 40), [1, 2, 3]);
    producer.push({ price: 1 });
    assertEquals(consumer.drain(() => void producer.push({ price: 2 })), 1);
    assertEquals(consumer.drain(() => void producer.push({ price: 3 }), Infinity), 4);
  });
});

describe("waiting for a MpmcQueue", () => {
  for (const wait of ["spin", "yield", "block"] as const) {
    for (const inSegment of [true, false]) {
      it(`${wait}s no longer than it may ${inSegment ? "in a segment" : "in memory of threads"}`, () => {
        using segment = Segment.anonymous({ byteLength: 65_536 });
        const queue = inSegment ? segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 2 }) : queueOf(2).queue;
        const producer = queue.producer({ wait }), consumer = queue.consumer({ wait }), tick = Tick.alloc();
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
          assert(took >= timeoutMs * 4 - 1, `took ${took} ms`);
          assert(consumer.shiftWait(tick));
          assertEquals(consumer.drainWait(() => {}), 1);
        }
        assertEquals(queue.refusals, 0); // waiting is no refusal
        assertThrows(
          () => producer.pushWait({ price: 1 }, { timeoutMs: -1 }),
          RangeError,
          "timeoutMs must be 0 or more",
        );
        assertThrows(() => consumer.drainWait(() => {}, 1, { timeoutMs: NaN }), RangeError);
      });
    }
  }

  it("takes no more than the limit", () => {
    const { queue } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    assertEquals([consumer.drainWait(() => {}, 1), queue.length], [1, 3]);
    assertEquals([consumer.drainWait(() => {}, 1.5), queue.length], [1, 2]);
    assertEquals([consumer.drainWait(() => {}), queue.length], [2, 0]);
    producer.push({ price: 1 });
    for (const limit of [0, NaN]) assertThrows(() => consumer.drainWait(() => {}, limit), RangeError, "1 or more");
    assertEquals(drained(queue.consumer()), [1]); // a refused drain takes nothing
  });

  it("makes no wake-up and writes no more than needed if no process sleeps", () => {
    const { queue, region } = queueOf(), producer = queue.producer(), consumer = queue.consumer();
    for (let i = 0; i < 100; i++) {
      producer.push({ price: 1 });
      drained(consumer);
    }
    const { u32 } = region.source;
    assertEquals([u32[PUBLISHED_EVENT_OFFSET / 4], u32[FREED_EVENT_OFFSET / 4]], [0, 0]);
  });
});

describe("the samples", () => {
  it("go through whole", () => {
    const options = { layout: Sample, capacity: 8 };
    const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
    MpmcQueue.init(region, options);
    const queue = MpmcQueue.attach(region, options), producer = queue.producer(), consumer = queue.consumer();
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
