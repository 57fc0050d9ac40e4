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
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import type { ByteConsumer } from "../../lib/channel/byte_ring/byte_consumer.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { startByteRingAt } from "./byte_ring_sample.ts";

type Producers = "one" | "many";
const BOTH: readonly Producers[] = ["one", "many"];

function ringOf(producers: Producers = "one", capacity = 256, start = 0): { ring: ByteRing; region: Region } {
  const options = { capacity, producers };
  const region = Region.over(new SharedArrayBuffer(ByteRing.byteLength(options)));
  ByteRing.init(region, options);
  startByteRingAt(region.views.u32, start);
  return { ring: ByteRing.attach(region, options), region };
}

const bytesOf = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => seed + i * 7);

/** Receives everything there is: types and bytes. */
function drained(consumer: ByteConsumer, limit?: number): [type: number, bytes: number[]][] {
  const messages: [number, number[]][] = [];
  const count = consumer.drain((type, at, length) => {
    assertEquals(at % 8, 0);
    messages.push([type, [...consumer.bytes.subarray(at, at + length)]]);
  }, limit);
  assertEquals(count, messages.length);
  return messages;
}

const typesOf = (consumer: ByteConsumer, limit?: number) => drained(consumer, limit).map(([type]) => type);

for (const producers of BOTH) {
  const header = producers === "one" ? 8 : 16;

  describe(`ByteRing with ${producers} to produce`, () => {
    it("hands messages over in order, in every way there is", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      assertEquals([consumer.shift(), consumer.drain(() => {}), ring.producers], [undefined, 0, producers]);
      assertEquals(producer.push(bytesOf(5), 1), true);
      assertEquals(producer.push("naïve ☃", 2), true);
      const at = producer.claim(12, 0xffff_ffff)!;
      producer.view.setFloat64(at, 1.5, true);
      producer.bytes.fill(9, at + 8, at + 12);
      producer.claim(0);
      assertEquals(producer.claimed, 2);
      producer.publish();
      assertEquals([producer.claimed, ring.length + ring.free, producer.free], [0, 256, ring.free]);
      assertEquals(consumer.length, ring.length);
      assertEquals(consumer.shift(), { type: 1, bytes: bytesOf(5) });
      assertEquals(new TextDecoder().decode(consumer.shift()!.bytes), "naïve ☃");
      const double = [...new Uint8Array(new Float64Array([1.5]).buffer)];
      assertEquals(drained(consumer), [[0xffff_ffff, [...double, 9, 9, 9, 9]], [0, []]]);
      assertEquals([ring.length, consumer.position], [0, 72 + 4 * (header - 8)]);
    });

    it("hands over messages of every length from every place, in one piece", () => {
      for (const capacity of [64, 128]) {
        const { ring, region } = ringOf(producers, capacity);
        const longest = ring.maxByteLength;
        assertEquals(longest, capacity / 2 - header);
        for (let start = 0; start < capacity; start += 8) {
          for (let length = 0; length <= longest; length++) {
            startByteRingAt(region.views.u32, 2 ** 32 - capacity + start);
            const producer = ring.producer(), consumer = ring.consumer(), message = bytesOf(length, start);
            assert(producer.push(message, length), `${length} bytes at ${start} of ${capacity}`);
            assertEquals(consumer.length % 8, 0);
            if (length % 2 === 0) assertEquals(consumer.shift(), { type: length, bytes: message });
            else assertEquals(drained(consumer), [[length, [...message]]]);
            assertEquals(ring.length, 0);
            producer.close();
            consumer.close();
          }
        }
      }
    });

    it("is full to the last byte, refuses, and counts that", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      const count = 256 / 32, length = 32 - header;
      for (let i = 0; i < count; i++) assert(producer.push(bytesOf(length, i), i));
      assertEquals([ring.refusals, ring.length, ring.free, producer.free], [0, 256, 0, 0]);
      assertEquals([producer.push(new Uint8Array(0)), producer.claim(0), producer.push("")], [false, undefined, false]);
      assertEquals([ring.refusals, ring.highWater], [3, 256]);
      assertEquals(typesOf(consumer, 1), [0]);
      assert(!producer.push(bytesOf(length + 1)));
      assert(producer.push(bytesOf(length), count));
      assert(!producer.push(new Uint8Array(0)));
      assertEquals(typesOf(consumer), [1, 2, 3, 4, 5, 6, 7, 8]);
      assertEquals([ring.length, ring.refusals, ring.highWater], [0, 5, 256]);
    });

    it("refuses messages that never fit and values that are not messages, and says why", () => {
      const { ring } = ringOf(producers), producer = ring.producer();
      assertThrows(
        () => producer.claim(129 - header),
        RangeError,
        `from 0 to ${128 - header}, half the ring with its header: received ${129 - header}`,
      );
      for (const length of [-1, 1.5, NaN, 2 ** 32, "1"]) {
        assertThrows(() => producer.claim(length as number), RangeError, `received ${length}`);
      }
      for (const type of [-1, 0.5, 2 ** 32, "1"]) {
        assertThrows(
          () => producer.claim(1, type as number),
          RangeError,
          `type must be an integer from 0 to 4294967295`,
        );
      }
      assertThrows(() => producer.push(new Uint8Array(200)), RangeError, "received 200");
      assertThrows(() => producer.push("ä".repeat(100)), RangeError, "received 200");
      assertThrows(() => producer.pushWait(new Uint8Array(200)), RangeError, "received 200");
      assertThrows(() => producer.push(7 as unknown as string), TypeError, "a Uint8Array or a text: received 7");
      assertThrows(() => producer.publish(), TypeError, "as nothing was claimed");
      assertEquals([ring.length, ring.refusals, producer.claimed], [0, 0, 0]);
    });

    it("publishes several claims together, as many as fit", () => {
      const { ring } = ringOf(producers, 1024), producer = ring.producer(), consumer = ring.consumer();
      let count = 0;
      while (producer.claim(0, count) !== undefined) count++;
      assertEquals([count, producer.claimed, drained(consumer)], [1024 / header, count, []]);
      producer.publish();
      assertThrows(() => producer.publish(), TypeError, "as nothing was claimed");
      assertEquals(typesOf(consumer), Array.from({ length: count }, (_, i) => i));
    });

    it("never shows aborted messages", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      for (const length of [3, 80, 0]) producer.claim(length, 9);
      producer.abort();
      producer.abort();
      assertEquals(producer.claimed, 0);
      assertThrows(() => producer.publish(), TypeError);
      assertEquals(typesOf(consumer, 1), [1]);
      for (let i = 0; i < 50; i++) {
        producer.claim(i, 9);
        producer.abort();
        assert(producer.push(bytesOf(i), i));
        if (i % 2 === 0) assertEquals(typesOf(consumer), [i]);
        else assertEquals(consumer.shift(), { type: i, bytes: bytesOf(i) });
      }
      producer.claim(1);
      producer.abort();
      assertEquals([consumer.shift(), ring.length, ring.skipped], [undefined, 0, 0]);
    });

    it("counts on past 2^31 and 2^32, from every place", () => {
      for (const end of [2 ** 31, 2 ** 32]) {
        for (let before = 0; before <= 128; before += 8) {
          const { ring } = ringOf(producers, 64, end - before), producer = ring.producer(), consumer = ring.consumer();
          let sent = 0, received = 0;
          for (let round = 0; round < 20; round++) {
            while (producer.push(bytesOf(sent % 11, sent), sent)) sent++;
            assert(ring.length <= 64 && ring.free === 64 - ring.length && consumer.length === ring.length);
            consumer.drain((type, at, length) => {
              assertEquals([type, length], [received, received % 11]);
              assertEquals(consumer.bytes.slice(at, at + length), bytesOf(length, received));
              received++;
            }, round % 3 === 0 ? 1 : undefined);
          }
          assertEquals([received + (sent - received), consumer.position], [sent, (consumer.position >>> 3) * 8]);
          typesOf(consumer);
          assertEquals(ring.length, 0);
        }
      }
    });

    it("reports the most bytes there were", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push(bytesOf(48 - header));
      producer.push(bytesOf(16));
      assertEquals(ring.highWater, 64 + header);
      drained(consumer);
      producer.push("a");
      drained(consumer);
      assertEquals([ring.highWater, ring.length], [64 + header, 0]);
    });

    it("refuses memory that holds no ring, another one, or one cut short", () => {
      const small = Region.over(new ArrayBuffer(64)), empty = Region.over(new ArrayBuffer(4096));
      assertThrows(() => ByteRing.attach(small), SegmentFormatError, "896");
      assertThrows(() => ByteRing.attach(empty), SegmentFormatError, "capacity must be");
      const { region } = ringOf(producers), other = producers === "one" ? "many" : "one";
      assertEquals(ByteRing.attach(region).producers, producers);
      assertEquals(ByteRing.attach(region, { capacity: 200 }).capacity, 256); // rounded up as the creator's was
      assertThrows(() => ByteRing.attach(region, { capacity: 512 }), SegmentFormatError, "512 in the options");
      assertThrows(
        () => ByteRing.attach(region, { producers: other }),
        SegmentFormatError,
        `"${other}" in the options`,
      );
      const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 8);
      assertThrows(() => ByteRing.attach(cut), SegmentFormatError, "for its capacity");
      const broken: [offset: number, value: number, message: string][] = [
        [0, 200, "a power of two: found 200"],
        [0, 2 ** 31, "received 2147483648"],
        [4, 2, "at most 1: found 2"],
        [128, 264, "at most 256: found 264"],
        [128, 4, "multiples of 8: found 4"],
        [256, 4, "multiples of 8: found 4"],
        [256, 8, "at most 256: found 4294967288"],
      ];
      for (const [offset, value, message] of broken) {
        const before = region.views.u32[offset / 4];
        region.views.u32[offset / 4] = value;
        assertThrows(() => ByteRing.attach(region), SegmentFormatError, message);
        region.views.u32[offset / 4] = before;
      }
      ByteRing.attach(region);
    });

    it("refuses a record that cannot be, when it comes to it", () => {
      const { ring, region } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      producer.push("b", 2);
      for (const word of [0x3fff_ffff, 100, 0x8000_0000, 0xffff_fff8]) {
        region.views.u32[896 / 4] = word;
        assertThrows(() => consumer.drain(() => {}), SegmentFormatError, "at byte 0 must end before the tail");
        assertThrows(() => consumer.shift(), SegmentFormatError, `found 0x${word.toString(16).padStart(8, "0")}`);
      }
      region.views.u32[896 / 4] = 1;
      assertEquals(typesOf(consumer), [1, 2]);
    });

    it("lies in a segment, and can only be inspected through a read-only attachment", () => {
      using segment = Segment.anonymous({ byteLength: 65_536 });
      const ring = segment.create("bytes", ByteRing, { capacity: 1000, producers }), producer = ring.producer();
      assertEquals(ring.capacity, 1024);
      producer.push("hello");
      using other = Segment.open(segment.name, { readOnly: true });
      const seen = other.open("bytes", ByteRing);
      for (let i = 0; i < 10_000; i++) assertEquals(seen.length, header + 8); // optimised: a locked load would kill us
      assertEquals([seen.free, seen.highWater, seen.refusals, seen.skipped], [1008 - header + 8, header + 8, 0, 0]);
      assertThrows(() => seen.producer(), ReadOnlyError);
      assertThrows(() => seen.consumer(), ReadOnlyError);
      assertEquals(segment.openOrCreate("bytes", ByteRing, { capacity: 1000, producers }).consumer().shift()!.type, 0);
    });

    it("has roles that go with their attachment", () => {
      using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
      const ring = one.create("bytes", ByteRing, { capacity: 256, producers });
      const two = Segment.open(one.name), other = two.open("bytes", ByteRing);
      const producer = other.producer(), consumer = other.consumer();
      if (producers === "one") assertThrows(() => ring.producer(), RoleTakenError, "which is alive");
      else ring.producer().close();
      assertThrows(() => ring.consumer(), RoleTakenError, "which is alive");
      producer.push("a", 1);
      producer.claim(5, 9);
      two.close();
      const uses = [
        () => producer.claim(1),
        () => producer.publish(),
        () => producer.push("a"),
        () => producer.pushWait("a"),
        () => producer.claimWait(1),
        () => producer.free,
        () => consumer.drain(() => {}),
        () => consumer.shift(),
        () => consumer.shiftWait(),
        () => consumer.drainWait(() => {}),
        () => consumer.length,
        () => other.length,
        () => other.producer(),
      ];
      for (const use of uses) assertThrows(use, ClosedError, "closed");
      producer.abort();
      producer.close();
      consumer.close();
      assertEquals([producer.bytes.length, consumer.bytes.length], [0, 0]);
      const nextProducer = ring.producer(), nextConsumer = ring.consumer();
      nextProducer.push("b", 2);
      const types: number[] = [];
      while (types.length < 2) types.push(...nextConsumer.drainWait((type) => void types.push(type)) > 0 ? [] : [-1]);
      assertEquals([types, ring.skipped], [[1, 2], producers === "one" ? 0 : 1]);
    });

    it("refuses use after it was closed", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      producer.push("b", 2);
      typesOf(consumer, 1);
      producer.claim(1, 9);
      for (let i = 0; i < 2; i++) producer.close(), consumer.close();
      const uses = [
        () => producer.claim(1),
        () => producer.publish(),
        () => producer.push("a"),
        () => producer.claimWait(1),
        () => producer.free,
        () => consumer.drain(() => {}),
        () => consumer.shift(),
        () => consumer.drainWait(() => {}),
        () => consumer.length,
      ];
      for (const use of uses) assertThrows(use, NotOwnerError, "was closed; call");
      using next = ring.producer();
      next.push("c", 3);
      assertEquals(typesOf(ring.consumer()), [2, 3]);
    });

    it("stays without a producer and a consumer if their options are refused", () => {
      const { ring } = ringOf(producers);
      assertThrows(() => ring.producer({ wait: "sleep" as WaitStrategy }), TypeError, '"block": received sleep');
      assertThrows(() => ring.consumer({ wait: "sleep" as WaitStrategy }), TypeError);
      ring.producer().close();
      ring.consumer().close();
    });

    it("keeps the message at which the function threw", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      for (let i = 0; i < 4; i++) producer.push("x", i);
      const throwAt = (which: number) =>
        consumer.drain((type) => {
          if (type === which) throw new Error("enough");
        });
      for (let i = 0; i < 2; i++) assertThrows(() => throwAt(2), Error, "enough");
      assertEquals(typesOf(consumer), [2, 3]);
    });

    it("refuses to be used by its own function", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      producer.push("b", 2);
      const uses = [
        () => consumer.drain(() => {}),
        () => consumer.shift(),
        () => consumer.drainWait(() => {}),
        () => consumer.close(),
      ];
      for (const use of uses) assertThrows(() => consumer.drain(use), TypeError, "its drain is running");
      assertEquals(typesOf(consumer), [1, 2]);
      // The producer may be.
      producer.push("c", 3);
      consumer.drain((type) => void producer.push("d", type + 1));
      assertEquals(typesOf(consumer), [4]);
    });

    it("says so if the segment is closed by its function", () => {
      for (const messages of [1, 2]) {
        const segment = Segment.anonymous({ byteLength: 65_536 });
        const ring = segment.create("bytes", ByteRing, { capacity: 256, producers });
        const producer = ring.producer(), consumer = ring.consumer();
        for (let i = 0; i < messages; i++) producer.push("a");
        assertThrows(() => consumer.drain(() => segment.close()), ClosedError);
      }
    });

    it("drains up to any limit from 1 on", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      for (let i = 0; i < 4; i++) producer.push("x", i);
      for (const limit of [0, -1, NaN, 0.5]) {
        assertThrows(() => consumer.drain(() => {}, limit), RangeError, `must be 1 or more: received ${limit}`);
      }
      assertEquals(typesOf(consumer, 1.5), [0]);
      assertEquals(typesOf(consumer, 2 ** 40), [1, 2, 3]);
      producer.push("x", 4);
      // With a limit, it receives those that come meanwhile, too, and frees their space once, at the end.
      assertEquals(consumer.drain((type) => type < 8 && void producer.push("x", type + 1), Infinity), 5);
      assertEquals(ring.length, 0);
    });

    for (const wait of ["spin", "yield", "block"] as const) {
      for (const inSegment of [true, false]) {
        it(`${wait}s no longer than it may ${inSegment ? "in a segment" : "in memory of threads"}`, () => {
          using segment = Segment.anonymous({ byteLength: 65_536 });
          const options = { capacity: 64, producers };
          const ring = inSegment ? segment.create("bytes", ByteRing, options) : ringOf(producers, 64).ring;
          const producer = ring.producer({ wait }), consumer = ring.consumer({ wait });
          for (const timeoutMs of [0, 10]) {
            const start = performance.now();
            assertEquals(consumer.drainWait(() => {}, 1, { timeoutMs }), 0);
            assertEquals(consumer.shiftWait({ timeoutMs }), undefined);
            assert(producer.pushWait(bytesOf(32 - header), 1, { timeoutMs }));
            assert(producer.claimWait(32 - header, 2, { timeoutMs }));
            producer.publish();
            assertEquals(producer.pushWait("", 3, { timeoutMs }), false);
            assertEquals(producer.claimWait(0, 3, { timeoutMs }), undefined);
            assert(performance.now() - start >= timeoutMs * 4 - 1);
            assertEquals([consumer.shiftWait()!.type, consumer.drainWait(() => {})], [1, 1]);
          }
          assertEquals(ring.refusals, 0); // waiting is no refusal
          assertThrows(() => producer.pushWait("", 0, { timeoutMs: -1 }), RangeError, "timeoutMs must be 0 or more");
          assertThrows(() => consumer.drainWait(() => {}, 1, { timeoutMs: NaN }), RangeError);
        });
      }
    }

    it("makes no wake-up and writes no more than needed if no process sleeps", () => {
      const { ring, region } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      for (let i = 0; i < 100; i++) {
        producer.push("a");
        drained(consumer);
      }
      assertEquals([region.source.u32[640 / 4], region.source.u32[768 / 4]], [0, 0]);
    });
  });
}

describe("the options of a ByteRing", () => {
  const badCapacities: [title: string, capacity: unknown][] = [
    ["nothing", 0],
    ["too little", 63],
    ["half a byte more", 64.5],
    ["too much", 2 ** 30 + 1],
    ["text", "64"],
  ];
  for (const [title, capacity] of badCapacities) {
    it(`refuse a capacity of ${title}`, () =>
      void assertThrows(
        () => ringOf("one", capacity as number),
        RangeError,
        `an integer from 64 to 1073741824: received ${JSON.stringify(capacity)}`,
      ));
  }

  it("refuse other numbers of producers", () =>
    void assertThrows(() => ringOf("two" as Producers), TypeError, 'must be "one" or "many": received "two"'));

  it("take any capacity in between, and round it up", () => {
    for (const [capacity, rounded] of [[64, 64], [65, 128], [1000, 1024], [2 ** 30, 2 ** 30]]) {
      assertEquals(ByteRing.byteLength({ capacity }), 896 + rounded);
    }
  });
});
