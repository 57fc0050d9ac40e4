import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "node:test";
import {
  Broadcast,
  ByteRing,
  ClosedError,
  LatestTable,
  MpmcQueue,
  NotOwnerError,
  Pipeline,
  Region,
  Segment,
  SpscRing,
} from "@shmkit/shmkit";
import { withName } from "../../support/segments.ts";
import { after, Sample } from "./wait_sample.ts";

type Consumer = import("@shmkit/shmkit").AsyncConsumer<typeof Sample>;
interface Producer {
  push(value: { sequence: number }): unknown;
}

/** The channels of records, each with a producer and a consumer, in the memory that is asked for. */
const channels: Record<string, (make: Make) => { producer: Producer; consumer: Consumer; free(): number }> = {
  SpscRing(make) {
    const ring = make(SpscRing, { layout: Sample, capacity: 8 }) as SpscRing<typeof Sample>;
    return { producer: ring.producer(), consumer: ring.consumer(), free: () => ring.free };
  },
  MpmcQueue(make) {
    const queue = make(MpmcQueue, { layout: Sample, capacity: 8 }) as MpmcQueue<typeof Sample>;
    return { producer: queue.producer(), consumer: queue.consumer(), free: () => queue.free };
  },
  Pipeline(make) {
    const pipeline = make(Pipeline, { layout: Sample, capacity: 8, readers: { one: [] } }) as Pipeline<typeof Sample>;
    const consumer = pipeline.reader("one");
    return { producer: pipeline.writer(), consumer, free: () => pipeline.free };
  },
  Broadcast(make) {
    const broadcast = make(Broadcast, { layout: Sample, capacity: 8 }) as Broadcast<typeof Sample>;
    return { producer: broadcast.writer(), consumer: broadcast.reader(), free: () => 8 };
  },
};

// deno-lint-ignore no-explicit-any -- the channels have nothing in common but this
type Make = (type: any, options: any) => unknown;

function inSegment(segment: Segment): Make {
  return (type, options) => segment.create("channel", type, options);
}

const inThreads: Make = (type, options) => {
  const region = Region.over(new SharedArrayBuffer(type.byteLength(options)));
  type.init(region, options);
  return type.attach(region, options);
};

/** Pushes one record after another, each after a while. */
async function pushSlowly(producer: Producer, sequences: readonly number[], ms: number): Promise<void> {
  for (const sequence of sequences) {
    await after(ms);
    producer.push({ sequence });
  }
}

for (const [name, open] of Object.entries(channels)) {
  for (const kind of ["a segment", "memory of threads"]) {
    describe(`tasks that receive from a ${name} in ${kind}`, () => {
      const setUp = () => {
        const segment = kind === "a segment" ? Segment.anonymous({ byteLength: 2 ** 18 }) : undefined;
        return { ...open(segment === undefined ? inThreads : inSegment(segment)), segment };
      };

      it("receive the records that are there, and later ones", async () => {
        const { producer, consumer, free } = setUp(), into = Sample.alloc();
        producer.push({ sequence: 1 });
        assertEquals([await consumer.shiftAsync(into), into.sequence], [true, 1]);
        const pushed = pushSlowly(producer, [2, 3, 4], 15);
        assertEquals([await consumer.shiftAsync(into), into.sequence], [true, 2]);
        const seen: number[] = [];
        assertEquals(await consumer.drainAsync((record) => void seen.push(record.sequence), 1), 1);
        for await (const record of consumer) {
          seen.push(record.sequence);
          break;
        }
        assertEquals(seen, [3, 4]);
        await pushed;
        assertEquals(free(), 8); // all of them were freed
      });

      it("receive by batches, of which none is lost where a loop is left early", async () => {
        const { producer, consumer, free } = setUp(), seen: number[] = [];
        for (let sequence = 0; sequence < 6; sequence++) producer.push({ sequence });
        const pushed = pushSlowly(producer, [6, 7], 15);
        for await (const batch of consumer.batches(2)) {
          for (const record of batch) {
            seen.push(record.sequence);
            if (record.sequence === 2) break;
          }
          if (seen.length === 8) break;
        }
        await pushed;
        assertEquals([seen, free()], [[0, 1, 2, 3, 4, 5, 6, 7], 8]);
      });

      it("end when the time is over, or when they are cancelled", async () => {
        const { producer, consumer } = setUp(), into = Sample.alloc(), reason = new Error("enough");
        assertEquals(await consumer.shiftAsync(into, { timeoutMs: 0 }), false);
        const start = performance.now();
        assertEquals(await consumer.drainAsync(() => {}, 4, { timeoutMs: 25 }), 0);
        assert(performance.now() - start >= 25);
        for await (const _record of consumer.records({ timeoutMs: 5 })) throw new Error("there is none");
        const controller = new AbortController(), { signal } = controller;
        const waits = [consumer.shiftAsync(into, { signal }), consumer.shiftAsync(into, { signal })];
        setTimeout(() => controller.abort(reason), 15);
        for (const result of await Promise.allSettled(waits)) assertEquals(result, { status: "rejected", reason });
        await assertRejects(() => consumer.shiftAsync(into, { signal }), Error, "enough");
        producer.push({ sequence: 9 });
        assertEquals([await consumer.shiftAsync(into), into.sequence], [true, 9]);
      });

      it("take their turns in the order in which they came", async () => {
        const { producer, consumer } = setUp(), order: number[] = [];
        const waits = [0, 1, 2, 3].map(async (task) => {
          const into = Sample.alloc();
          assert(await consumer.shiftAsync(into));
          order.push(task, into.sequence);
        });
        await pushSlowly(producer, [10, 11, 12, 13], 8);
        await Promise.all(waits);
        assertEquals(order, [0, 10, 1, 11, 2, 12, 3, 13]);
      });

      it("refuse wrong options, and a second loop", async () => {
        const { producer, consumer } = setUp(), into = Sample.alloc();
        await assertRejects(
          () => consumer.shiftAsync(into, { timeoutMs: -1 }),
          RangeError,
          "timeoutMs must be 0 or more",
        );
        await assertRejects(
          () => consumer.shiftAsync(into, { signal: 1 as never }),
          TypeError,
          "signal must be an AbortSignal",
        );
        await assertRejects(() => consumer.drainAsync(() => {}, 0), RangeError, "limit must be 1 or more");
        const first = consumer.records().next();
        await assertRejects(() => consumer.records().next(), TypeError, "another task waits for it");
        await assertRejects(() => consumer.shiftAsync(into), TypeError, "another task waits for it");
        producer.push({ sequence: 5 });
        assertEquals((await first).value?.sequence, 5);
      });

      it("pass on errors that the function throws", async () => {
        const { producer, consumer } = setUp();
        setTimeout(() => producer.push({ sequence: 1 }), 10);
        await assertRejects(
          () =>
            consumer.drainAsync(() => {
              throw new Error("no good");
            }),
          Error,
          "no good",
        );
      });

      it("end with the consumer, and with the segment", async () => {
        const { consumer, segment } = setUp(), into = Sample.alloc();
        if ("close" in consumer) {
          const waits = [consumer.shiftAsync(into), consumer.shiftAsync(into)];
          setTimeout(() => (consumer as Consumer & { close(): void }).close(), 10);
          for (const result of await Promise.allSettled(waits)) {
            assert(result.status === "rejected" && result.reason instanceof NotOwnerError);
          }
        }
        if (segment === undefined) return;
        using other = Segment.anonymous({ byteLength: 2 ** 18 });
        const wait = open(inSegment(other)).consumer.shiftAsync(into);
        setTimeout(() => other.close(), 10);
        await assertRejects(() => wait, ClosedError, "segment was closed");
      });
    });
  }
}

describe("tasks that publish", () => {
  it("wait for space, in their order, and one alone where they claim", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 18 });
    for (const [i, type] of [SpscRing, MpmcQueue].entries()) {
      const ring = segment.create(`r${i}`, type as typeof SpscRing, { layout: Sample, capacity: 2 });
      const producer = ring.producer(), consumer = ring.consumer(), into = Sample.alloc();
      assertEquals(await producer.pushAsync({ sequence: 0 }), true);
      const record = await producer.claimAsync();
      record!.sequence = 1;
      producer.publish();
      assertEquals(await producer.pushAsync({ sequence: 9 }, { timeoutMs: 5 }), false);
      await assertRejects(() => producer.pushAsync({ sequence: -1 }), RangeError);
      const pushed = [2, 3].map((sequence) => producer.pushAsync({ sequence }));
      await assertRejects(() => producer.claimAsync(), TypeError, "another task waits for it");
      for (let sequence = 0; sequence < 4; sequence++) {
        assertEquals([await consumer.shiftAsync(into), into.sequence], [true, sequence]);
      }
      assertEquals(await Promise.all(pushed), [true, true]);
      assertEquals([ring.refusals, ring.length], [0, 0]);
    }
  });
});

describe("tasks at a ByteRing", () => {
  for (const producers of ["one", "many"] as const) {
    it(`wait for messages and for space, with ${producers} to produce`, async () => {
      using segment = Segment.anonymous({ byteLength: 2 ** 18 });
      const ring = segment.create("bytes", ByteRing, { capacity: 1024, producers });
      const producer = ring.producer(), consumer = ring.consumer();
      const texts: string[] = [], decoder = new TextDecoder();
      setTimeout(() => void producer.push("a", 1), 10);
      assertEquals(await consumer.shiftAsync(), { type: 1, bytes: new Uint8Array([97]) });
      assertEquals(await consumer.shiftAsync({ timeoutMs: 5 }), undefined);
      setTimeout(() => void producer.push("b", 2), 10);
      assertEquals(await consumer.drainAsync((type) => void texts.push(`type ${type}`)), 1);
      const long = "x".repeat(200);
      const pushed = (async () => {
        for (let i = 0; i < 20; i++) assert(await producer.pushAsync(`${i}${long}`));
        const at = await producer.claimAsync(3, 7);
        producer.bytes.set([1, 2, 3], at);
        producer.publish();
      })();
      await after(10); // the ring is full by now
      for await (const message of consumer) {
        if (message.type === 7) break;
        texts.push(decoder.decode(message.bytes.slice(message.byteOffset, message.byteOffset + message.byteLength)));
      }
      await pushed;
      assertEquals(texts, ["type 2", ...Array.from({ length: 20 }, (_, i) => `${i}${long}`)]);
      for (let type = 0; type < 5; type++) producer.push("", type);
      const types: number[] = [];
      for await (const batch of consumer.batches(2)) {
        for (const { type } of batch) types.push(type);
        if (types.length === 5) break;
      }
      assertEquals([types, ring.length], [[0, 1, 2, 3, 4], 0]);
    });
  }
});

describe("tasks that wait for the changes of a LatestTable", () => {
  for (const readOnly of [false, true]) {
    it(`find the rows that change, attached for ${readOnly ? "reading only" : "writing too"}`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        const table = segment.create("table", LatestTable, { layout: Sample, rows: 8 });
        using reading = Segment.open(name, { readOnly });
        const read = reading.open("table", LatestTable, { layout: Sample }), writer = table.writer();
        for (const row of [3, 1, 3]) writer.write(row, { sequence: row });
        const rows: number[] = [], since = read.changes;
        const later = async () => {
          for (const row of [5, 1, 7]) {
            await after(10);
            writer.write(row, { sequence: row });
          }
        };
        const written = later();
        for await (const row of read.changedRows({ from: 0 })) if (rows.push(row) === 5) break;
        for await (const row of read.changedRows({ from: since, timeoutMs: 50 })) rows.push(row);
        await written;
        assertEquals(rows, [3, 1, 5, 1, 7, 5, 1, 7]);
        await assertRejects(() => read.changedRows({ from: -1 }).next(), RangeError, "must be a count of changes");
      }));
  }
});

describe("a reader of a Broadcast that may only read", () => {
  it("checks by itself", async () => {
    const name = `/shmkit-test-${crypto.randomUUID()}`;
    using segment = Segment.create(name, { byteLength: 2 ** 18 });
    const writer = segment.create("b", Broadcast, { layout: Sample, capacity: 8 }).writer();
    using readOnly = Segment.open(name, { readOnly: true });
    Segment.unlink(name);
    const reader = readOnly.open("b", Broadcast, { layout: Sample }).reader(), into = Sample.alloc();
    setTimeout(() => writer.push({ sequence: 3 }), 20);
    assertEquals([await reader.shiftAsync(into), into.sequence], [true, 3]);
  });
});
