import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { ClosedError, NotOwnerError, Region, Segment, SegmentFormatError } from "@shmkit/shmkit";
import type { ByteConsumer } from "../../lib/channel/byte_ring/byte_consumer.ts";
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import { startByteRingAt } from "./byte_ring_sample.ts";

type Producers = "one" | "many";

function ringOf(producers: Producers, capacity = 256, start = 0): { ring: ByteRing; region: Region } {
  const options = { capacity, producers };
  const region = Region.over(new SharedArrayBuffer(ByteRing.byteLength(options)));
  ByteRing.init(region, options);
  startByteRingAt(region.views.u32, start);
  return { ring: ByteRing.attach(region, options), region };
}

const bytesOf = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => seed + i * 7);

/** The message that `next` found. */
const current = ({ type, bytes, byteOffset, byteLength }: ByteConsumer): [type: number, bytes: number[]] => [
  type,
  [...bytes.subarray(byteOffset, byteOffset + byteLength)],
];

/** The types of all messages that `next` finds. */
function typesOf(consumer: ByteConsumer): number[] {
  const types: number[] = [];
  while (consumer.next()) types.push(consumer.type);
  return types;
}

for (const producers of ["one", "many"] as const) {
  const header = producers === "one" ? 8 : 16;

  describe(`next of a ByteRing with ${producers} to produce`, () => {
    it("finds one message after another, in place", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      assertEquals([consumer.next(), consumer.type, consumer.byteOffset, consumer.byteLength], [false, 0, 0, 0]);
      producer.push(bytesOf(5), 1);
      producer.push("", 0xffff_ffff);
      producer.push(bytesOf(16, 3), 7);
      assertEquals([consumer.next(), current(consumer)], [true, [1, [...bytesOf(5)]]]);
      assertEquals([consumer.byteOffset, consumer.view.getUint8(consumer.byteOffset + 1)], [header, 8]);
      assertEquals([consumer.nextWait(), current(consumer)], [true, [0xffff_ffff, []]]);
      assertEquals([consumer.nextWait({ timeoutMs: 0 }), current(consumer)], [true, [7, [...bytesOf(16, 3)]]]);
      assertEquals([consumer.next(), consumer.nextWait({ timeoutMs: 0 }), ring.length], [false, false, 0]);
    });

    it("finds messages of every length from every place", () => {
      for (const capacity of [64, 128]) {
        const { ring, region } = ringOf(producers, capacity);
        for (let start = 0; start < capacity; start += 8) {
          startByteRingAt(region.views.u32, 2 ** 32 - capacity + start);
          const producer = ring.producer(), consumer = ring.consumer();
          for (let length = 0; length <= ring.maxByteLength; length++) {
            const message = bytesOf(length, start);
            assert(producer.push(message, length), `${length} bytes at ${start} of ${capacity}`);
            assertEquals([consumer.next(), current(consumer)], [true, [length, [...message]]]);
            assertEquals([consumer.length, consumer.next(), ring.length], [0, false, 0]);
          }
          producer.close();
          consumer.close();
        }
      }
    });

    it("frees by release, by the next poll, by each of the other ways to receive, and in batches", () => {
      const size = header + 8;
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      const frees: (() => unknown)[] = [
        () => consumer.release(),
        () => consumer.next(),
        () => consumer.nextWait({ timeoutMs: 0 }),
        () => consumer.shift(),
        () => consumer.shiftWait({ timeoutMs: 0 }),
        () => consumer.drain(() => {}),
        () => consumer.drain(() => {}, 1),
        () => consumer.drainWait(() => {}, 1, { timeoutMs: 0 }),
      ];
      for (const free of frees) {
        producer.push(bytesOf(8), 1);
        assert(consumer.next());
        assertEquals([ring.length, consumer.length], [size, 0]); // a successor would receive it again
        free();
        assertEquals(ring.length, 0);
      }
      for (let i = 0; i < 256 / size - 1; i++) assert(producer.push(bytesOf(8), i));
      const { position } = consumer, batch = 256 / 4;
      let held = 0;
      while (consumer.next()) {
        held = ring.length - consumer.length;
        assert(held <= batch, `${held} bytes are held`);
        if (consumer.position !== position) break;
      }
      const freed = consumer.position - position;
      assert(freed > batch - size && freed <= batch, `${freed} bytes were freed`);
      assertEquals(held, size); // the message itself
    });

    it("finds messages that are longer than a batch", () => {
      const { ring } = ringOf(producers, 2 ** 16), producer = ring.producer(), consumer = ring.consumer();
      for (const length of [ring.maxByteLength, 0, 20_000, 1, ring.maxByteLength]) {
        assert(producer.pushWait(bytesOf(length, length), 3));
        assertEquals([consumer.next(), consumer.byteLength, consumer.bytes[consumer.byteOffset + length - 1] ?? 0], [
          true,
          length,
          length === 0 ? 0 : bytesOf(length, length)[length - 1],
        ]);
        consumer.release();
      }
      assertEquals(ring.length, 0);
    });

    it("can be combined with drain and shift", () => {
      const { ring } = ringOf(producers, 1024), producer = ring.producer(), consumer = ring.consumer();
      for (let i = 0; i < 20; i++) producer.push(bytesOf(i % 9), i);
      const types: number[] = [];
      const add = (type: number) => void types.push(type);
      while (types.length < 20) {
        if (consumer.next()) types.push(consumer.type);
        const message = consumer.shift();
        if (message !== undefined) types.push(message.type);
        consumer.drain(add, 2);
      }
      assertEquals(types, Array.from({ length: 20 }, (_, i) => i));
      assertEquals([consumer.next(), ring.length], [false, 0]);
    });

    it("never finds claimed or aborted messages", () => {
      const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("", 1);
      producer.claim(3, 9);
      assertEquals([consumer.next(), consumer.type, consumer.next(), consumer.next()], [true, 1, false, false]);
      producer.abort();
      assertEquals(consumer.next(), false);
      for (let i = 0; i < 50; i++) {
        producer.claim(i, 9);
        producer.abort();
        assert(producer.push(bytesOf(i), i));
        assertEquals([consumer.next(), current(consumer)], [true, [i, [...bytesOf(i)]]]);
        assertEquals(consumer.next(), false);
      }
    });

    it("counts on past 2^31 and 2^32", () => {
      for (const end of [2 ** 31, 2 ** 32]) {
        for (let before = 0; before <= 128; before += 8) {
          const { ring } = ringOf(producers, 64, end - before), producer = ring.producer(), consumer = ring.consumer();
          let sent = 0, received = 0;
          for (let round = 0; round < 20; round++) {
            while (producer.push(bytesOf(sent % 11, sent), sent)) sent++;
            for (let i = 0; i < 3 && consumer.next(); i++) {
              assertEquals(current(consumer), [received, [...bytesOf(received % 11, received)]]);
              received++;
            }
          }
          while (consumer.next()) received++;
          assertEquals([received, ring.length], [sent, 0]);
        }
      }
    });

    it("counts the message that it found as received when it is closed, and otherwise not", () => {
      using segment = Segment.anonymous({ byteLength: 65_536 });
      const ring = segment.create("bytes", ByteRing, { capacity: 256, producers }), producer = ring.producer();
      for (let i = 0; i < 4; i++) producer.push("", i);
      const closing = ring.consumer();
      assert(closing.next());
      closing.close();
      const other = Segment.open(segment.name), dying = other.open("bytes", ByteRing).consumer();
      assert(dying.next() && dying.next());
      assertEquals(dying.type, 2);
      other.close(); // as if it had died there
      assertEquals(typesOf(ring.consumer()), [1, 2, 3]);
    });

    it("is refused within drain, after close, and after the segment's end, whatever is known by then", () => {
      const segment = Segment.anonymous({ byteLength: 65_536 });
      const ring = segment.create("bytes", ByteRing, { capacity: 256, producers });
      const producer = ring.producer(), closed = ring.consumer();
      for (let i = 0; i < 4; i++) producer.push("", i);
      const usesOf = (consumer: ByteConsumer) => [
        () => consumer.next(),
        () => consumer.nextWait(),
        () => consumer.nextWait({ timeoutMs: 0 }),
        () => consumer.release(),
      ];
      for (const use of usesOf(closed)) assertThrows(() => closed.drain(use), TypeError, "its drain is running");
      assert(closed.next());
      closed.close();
      for (const use of usesOf(closed)) assertThrows(use, NotOwnerError, "was closed; call consumer() again");
      const consumer = ring.consumer();
      assert(consumer.next()); // and more are known
      segment.close();
      for (const use of usesOf(consumer)) assertThrows(use, ClosedError, "closed");
    });

    it("refuses a record that cannot be", () => {
      const { ring, region } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      const uses = [
        () => consumer.next(),
        () => consumer.nextWait(),
        () => consumer.shift(),
        () => consumer.drain(() => {}),
      ];
      for (const word of [0x3fff_ffff, 100, 9, 0x8000_0000, 0x8000_0004, 0xffff_fff8, 0xffff_ffff, 0xffff_fff1]) {
        region.views.u32[896 / 4] = word;
        for (const use of uses) assertThrows(use, SegmentFormatError, `found 0x${word.toString(16).padStart(8, "0")}`);
      }
      region.views.u32[896 / 4] = 1;
      assertEquals(typesOf(consumer), [1]);
    });

    for (const wait of ["spin", "yield", "block"] as const) {
      it(`${wait}s no longer than it may`, () => {
        const { ring } = ringOf(producers), producer = ring.producer(), consumer = ring.consumer({ wait });
        for (const timeoutMs of [0, 20]) {
          const start = performance.now();
          assertEquals(consumer.nextWait({ timeoutMs }), false);
          assert(performance.now() - start >= timeoutMs - 1);
        }
        for (const timeoutMs of [-1, NaN]) {
          assertThrows(() => consumer.nextWait({ timeoutMs }), RangeError, "timeoutMs must be 0 or more");
          producer.push("", 1);
          assertThrows(() => consumer.nextWait({ timeoutMs }), RangeError, "timeoutMs must be 0 or more");
          assertEquals(typesOf(consumer), [1]);
        }
      });
    }
  });
}

describe("next where many produce", () => {
  it("skips the claims of the dead, and waits for those of the living", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("bytes", ByteRing, { capacity: 512, producers: "many" });
    const producer = ring.producer(), consumer = ring.consumer();
    const other = Segment.open(segment.name), dying = other.open("bytes", ByteRing).producer();
    producer.push("", 1);
    dying.claim(40, 9);
    producer.push("", 2);
    assertEquals(typesOf(consumer), [1]);
    assertEquals([consumer.nextWait({ timeoutMs: 50 }), ring.skipped], [false, 0]);
    other.close();
    assertEquals([consumer.nextWait({ timeoutMs: 10_000 }), consumer.type, ring.skipped], [true, 2, 1]);
    assertEquals([consumer.next(), ring.length], [false, 0]);
  });
});
