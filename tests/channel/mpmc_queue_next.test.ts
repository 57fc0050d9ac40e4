import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { ClosedError, f64, NotOwnerError, Region, Segment, struct, u32 } from "@shmkit/shmkit";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { FREE, FULL } from "../../lib/channel/mpmc_queue/format.ts";
import type { MpmcConsumer } from "../../lib/channel/mpmc_queue/mpmc_consumer.ts";
import { QueueWords } from "./mpmc_queue_sample.ts";

const Tick = struct("Tick", { price: f64, size: u32 });

function queueOf(capacity: number, start = 0) {
  const options = { layout: Tick, capacity };
  const region = Region.over(new SharedArrayBuffer(MpmcQueue.byteLength(options)));
  MpmcQueue.init(region, options);
  const words = new QueueWords(region.views.i32, options);
  words.startAt(start);
  const queue = MpmcQueue.attach(region, options);
  return { queue, words, producer: queue.producer(), consumer: queue.consumer(), other: queue.consumer() };
}

/** Receives all there is. */
function pulled(consumer: MpmcConsumer<typeof Tick>, ahead?: number): number[] {
  const prices: number[] = [];
  for (let tick; (tick = consumer.next(ahead)) !== undefined;) prices.push(tick.price);
  return prices;
}

describe("next of a MpmcQueue's consumer", () => {
  it("returns the records in order, as one view, past 2^31 and 2^32 and at every capacity", () => {
    for (const capacity of [2, 3, 4, 7, 64]) {
      for (const start of [0, 2 ** 31 - 5, 2 ** 32 - 5]) {
        for (const ahead of [undefined, 1, 3, 16]) {
          const { queue, producer, consumer } = queueOf(capacity, start);
          let sent = 0, received = 0;
          for (let round = 0; round < 20; round++) {
            while (producer.push({ price: sent })) sent++;
            for (let tick; (tick = consumer.next(ahead)) !== undefined;) assertEquals(tick.price, received++);
            assertEquals(received, sent);
          }
          assertEquals([queue.length, queue.lostClaims, queue.lostReads], [0, 0, 0]);
          producer.push({ price: 1 });
          const first = consumer.next();
          producer.push({ price: 2 });
          assertStrictEquals(consumer.next(), first);
        }
      }
    }
  });

  it("takes one record, which stays taken until the next call", () => {
    const { words, producer, consumer, other } = queueOf(4);
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    assertEquals(consumer.next()!.price, 0);
    assertEquals([words.head, words.state(0), words.countOf(1)], [1, FULL, 1]);
    assertEquals(producer.push({ price: 4 }), false);
    assertEquals(consumer.next()!.price, 1);
    assertEquals([words.head, words.state(0), words.state(1)], [2, 4 + FREE, FULL]);
    assert(producer.push({ price: 4 }));
    assertEquals(pulled(other), [2, 3, 4]);
    assertEquals([consumer.next(), words.countOf(1)], [undefined, 0]);
    assert(producer.push({ price: 5 }));
  });

  it("takes several ahead on request, and frees one at a time", () => {
    const { queue, words, producer, consumer, other } = queueOf(32);
    for (let i = 0; i < 20; i++) producer.push({ price: i });
    assertEquals(consumer.next(16)!.price, 0);
    assertEquals([words.head, words.countOf(1), queue.length], [16, 16, 4]);
    assertEquals(consumer.next(2)!.price, 1);
    assertEquals([words.head, words.state(0), words.state(1)], [16, 32 + FREE, FULL]);
    assertEquals(pulled(other), [16, 17, 18, 19]);
    for (let i = 2; i < 16; i++) assertEquals(consumer.next()!.price, i);
    assertEquals([consumer.next(16), words.countOf(1)], [undefined, 0]);
    producer.push({ price: 20 });
    assertEquals([consumer.next(16)!.price, words.head], [20, 21]);
  });

  it("takes no more than there are, and stops at a claim that is neither published nor given up", () => {
    const { producer, consumer, queue, words } = queueOf(16), late = queue.producer();
    producer.push({ price: 0 });
    producer.push({ price: 1 });
    late.claim()!.price = 2;
    producer.push({ price: 3 });
    assertEquals([pulled(consumer, 16), words.head], [[0, 1], 2]);
    late.abort();
    assertEquals([pulled(consumer, 16), words.head], [[3], 4]);
  });

  it("continues where drain and shift stopped, and they continue where it stopped", () => {
    const { producer, consumer, words } = queueOf(32), tick = Tick.alloc();
    for (let i = 0; i < 12; i++) producer.push({ price: i });
    const fail = () => {
      throw new Error("enough");
    };
    assertThrows(() => consumer.drain(fail, 4), Error, "enough");
    assertEquals([consumer.next()!.price, consumer.next()!.price], [0, 1]);
    assert(consumer.shift(tick));
    assertEquals([tick.price, words.state(1), words.state(2)], [2, 32 + FREE, 32 + FREE]);
    assertEquals([consumer.next()!.price, consumer.next(4)!.price], [3, 4]);
    const prices: number[] = [];
    assertEquals(consumer.drain((tick) => void prices.push(tick.price), 2), 2);
    assertEquals([prices, words.head], [[5, 6], 8]);
    assertEquals(consumer.drain((tick) => void prices.push(tick.price)), 5);
    assertEquals([prices.at(-1), words.countOf(1)], [11, 0]);
  });

  it("frees by release, and only records that were returned", () => {
    const { producer, consumer, words } = queueOf(4);
    for (let i = 0; i < 4; i++) producer.push({ price: i });
    consumer.release();
    assertEquals(words.head, 0);
    consumer.next(3);
    consumer.release();
    consumer.release();
    assertEquals([words.state(0), words.state(1), words.head], [4 + FREE, FULL, 3]);
    assertEquals([consumer.next()!.price, consumer.next()!.price], [1, 2]);
    consumer.release();
    assertEquals([words.state(2), words.countOf(1)], [4 + FREE, 0]);
    assertEquals(pulled(consumer), [3]);
  });

  it("counts returned records as received when the consumer is closed, and those taken beyond that as lost", () => {
    for (const [ahead, lost] of [[1, 0], [2, 1], [16, 3]]) {
      const { queue, words, producer, consumer, other } = queueOf(8);
      for (let i = 0; i < 5; i++) producer.push({ price: i });
      assertEquals(consumer.next(), consumer.next(ahead));
      consumer.close();
      assertEquals([queue.lostReads, words.countOf(1), pulled(other).length], [lost, 0, 3 - lost]);
      for (let i = 0; i < 8; i++) assert(producer.push({ price: i }));
    }
  });

  it("refuses an argument that is not a number of records, and takes nothing then", () => {
    const { words, producer, consumer } = queueOf(4);
    producer.push({ price: 1 });
    for (const ahead of [0, -1, 17, 1.5, NaN, 2 ** 32 + 1, "1" as unknown as number, null as unknown as number]) {
      assertThrows(
        () => consumer.next(ahead),
        RangeError,
        `'ahead' must be an integer from 1 to 16: received ${typeof ahead === "string" ? '"1"' : ahead}`,
      );
    }
    assertEquals([words.head, words.countOf(1), pulled(consumer)], [0, 0, [1]]);
  });

  it("refuses all once closed", () => {
    const { producer, consumer } = queueOf(4);
    producer.push({ price: 1 });
    producer.push({ price: 2 });
    consumer.next(2);
    consumer.close();
    const uses = [() => consumer.next(), () => consumer.next(16), () => consumer.nextWait(), () => consumer.release()];
    for (const use of uses) assertThrows(use, NotOwnerError, "this consumer was closed; call consumer() again");
  });

  it("refuses all once the segment is closed, also where more is taken", () => {
    for (const taken of [0, 1, 2]) {
      const segment = Segment.anonymous({ byteLength: 65_536 });
      const queue = segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 });
      const producer = queue.producer(), consumer = queue.consumer();
      for (let i = 0; i < 4; i++) producer.push({ price: i });
      const tick = taken > 0 ? consumer.next(taken) : undefined;
      segment.close();
      if (tick) assertThrows(() => tick.price, ClosedError);
      const uses = [
        () => consumer.next(),
        () => consumer.next(16),
        () => consumer.nextWait(),
        () => consumer.nextWait({ timeoutMs: 0 }),
        () => consumer.release(),
        () => consumer.drain(() => {}),
        () => consumer.drain(() => {}, 1),
        () => consumer.drainWait(() => {}),
        () => consumer.shift(Tick.alloc()),
        () => consumer.shiftWait(Tick.alloc()),
      ];
      for (const use of uses) assertThrows(use, ClosedError, "its segment was closed");
      consumer.close();
    }
  });
});

describe("nextWait of a MpmcQueue's consumer", () => {
  for (const wait of ["spin", "yield", "block"] as const) {
    for (const inSegment of [true, false]) {
      it(`${wait}s no longer than it may ${inSegment ? "in a segment" : "in memory of threads"}`, () => {
        using segment = Segment.anonymous({ byteLength: 65_536 });
        const queue = inSegment ? segment.create("ticks", MpmcQueue, { layout: Tick, capacity: 4 }) : queueOf(4).queue;
        const producer = queue.producer(), consumer = queue.consumer({ wait });
        for (const timeoutMs of [0, 20]) {
          const start = performance.now();
          assertEquals(consumer.nextWait({ timeoutMs }), undefined);
          const took = performance.now() - start;
          assert(took >= timeoutMs - 1, `took ${took} ms`);
          producer.push({ price: 1 });
          producer.push({ price: 2 });
          assertEquals(consumer.nextWait({ timeoutMs })!.price, 1);
          assertEquals(consumer.nextWait()!.price, 2);
          assertEquals(consumer.nextWait({ timeoutMs: 0 }), undefined); // frees the records that it returned
        }
        assertEquals(queue.free, 4);
        assertThrows(() => consumer.nextWait({ timeoutMs: -1 }), RangeError, "timeoutMs must be 0 or more");
      });
    }
  }
});
