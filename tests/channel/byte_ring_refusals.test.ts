import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Region, Segment } from "@shmkit/shmkit";
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CONSUMER_HIGH_WATER_OFFSET,
  FREED_EVENT_OFFSET,
  PRODUCER_HIGH_WATER_OFFSET,
  PRODUCER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
} from "../../lib/channel/byte_ring/format.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { RawRing } from "./byte_ring_sample.ts";

/** What a refusal may change: it is counted, and says how full the ring was. */
const COUNTED = [REFUSALS_OFFSET, REFUSALS_OFFSET + 4, PRODUCER_HIGH_WATER_OFFSET, CONSUMER_HIGH_WATER_OFFSET];
/** A waiter that slept may leave the bit that announces a sleeper. */
const EVENTS = [PUBLISHED_EVENT_OFFSET, FREED_EVENT_OFFSET];

/** The words of a ring, but for some. */
function wordsOf({ source: { i32 } }: Region, except: readonly number[] = []): number[] {
  const words = [...i32];
  for (const offset of except) words[offset / 4] = 0;
  return words;
}

function make(producers: "one" | "many", inSegment: boolean) {
  const options = { capacity: 128, producers };
  if (inSegment) {
    const segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("bytes", ByteRing, options);
    return { ring, region: segment.open("bytes", RawRing), [Symbol.dispose]: () => segment.close() };
  }
  const region = Region.over(new SharedArrayBuffer(ByteRing.byteLength(options)));
  ByteRing.init(region, options);
  return { ring: ByteRing.attach(region, options), region, [Symbol.dispose]() {} };
}

for (const producers of ["one", "many"] as const) {
  for (const inSegment of [true, false]) {
    for (const wait of ["spin", "yield", "block"] as const) {
      describe(`a ByteRing, ${producers} to produce, ${wait}, ${inSegment ? "in a segment" : "for threads"}`, () => {
        it("is unchanged after every claim that is refused for lack of space, or times out", () => {
          using made = make(producers, inSegment);
          const { ring, region } = made, producer = ring.producer({ wait }), consumer = ring.consumer({ wait });
          // All around the ring: the room before the memory's end is too short each time.
          for (let round = 0; round < 8; round++) {
            let sent = 0;
            while (producer.push(Uint8Array.of(1, 2, 3), round)) sent++;
            while (producer.push("", 9));
            const waits = [0, 2].map((timeoutMs) => ({ timeoutMs }));
            const refused: (() => unknown)[] = [
              () => producer.claim(0, 9),
              () => producer.claim(40, 9),
              () => producer.push("naïve", 9),
              () => producer.push(new Uint8Array(40), 9),
              ...waits.map((options) => () => producer.claimWait(40, 9, options)),
              ...waits.map((options) => () => producer.pushWait("naïve", 9, options)),
            ];
            for (const [i, refuse] of refused.entries()) {
              const except = i < 4 ? COUNTED : EVENTS, before = wordsOf(region, except);
              assert(!refuse());
              assertEquals(wordsOf(region, except), before, String(refuse));
            }
            assertEquals([producer.claimed, ring.length, producer.free], [0, 128 - ring.free, ring.free]);
            let received = 0;
            while (consumer.next()) {
              if (consumer.type === 9) continue;
              assertEquals([...consumer.bytes.subarray(consumer.byteOffset, consumer.byteOffset + 3)], [1, 2, 3]);
              received++;
            }
            assertEquals([received, ring.length], [sent, 0]);
            const nothing: (() => unknown)[] = [
              () => consumer.next(),
              () => consumer.shift(),
              () => consumer.drain(() => {}),
              () => consumer.drain(() => {}, 3),
              () => consumer.release(),
              ...waits.flatMap((options) => [
                () => consumer.nextWait(options),
                () => consumer.shiftWait(options),
                () => consumer.drainWait(() => {}, undefined, options),
                () => consumer.drainWait(() => {}, 3, options),
              ]),
            ];
            for (const [i, receive] of nothing.entries()) {
              const except = i < 5 ? [] : EVENTS, before = wordsOf(region, except);
              assert(!receive());
              assertEquals(wordsOf(region, except), before, String(receive));
            }
            assert(producer.push(new Uint8Array(round * 4), round));
            assertEquals(consumer.shift()?.bytes.length, round * 4);
          }
        });
      });
    }
  }

  describe(`misuse of a ByteRing with ${producers} to produce`, () => {
    it("leaves the words as they were", () => {
      using made = make(producers, false);
      const { ring, region } = made, producer = ring.producer(), consumer = ring.consumer();
      producer.push("abc", 1);
      producer.claim(5, 2);
      const misuses: (() => unknown)[] = [
        () => producer.claim(-1),
        () => producer.claim(1, 0.5),
        () => producer.claim("8" as unknown as number),
        () => producer.push(new Uint8Array(100)),
        () => producer.push(null as unknown as string),
        () => producer.push([1] as unknown as string),
        () => producer.pushWait("a", -1),
        () => producer.pushWait("a", 0, { timeoutMs: -1 }),
        () => producer.claimWait(1, 0, { timeoutMs: NaN }),
        () => producer.claimWait(1000),
        () => consumer.drain(() => {}, 0),
        () => consumer.drain(undefined as unknown as () => void),
        () => consumer.drain({} as unknown as () => void, 1),
        () => consumer.drainWait(() => {}, NaN),
        () => consumer.drainWait(() => {}, 1, { timeoutMs: -1 }),
        () => consumer.shiftWait({ timeoutMs: -1 }),
        () => consumer.nextWait({ timeoutMs: -1 }),
        () => ring.producer({ wait: "sleep" as WaitStrategy }),
        () => ring.consumer({ wait: "sleep" as WaitStrategy }),
      ];
      const before = wordsOf(region);
      for (const misuse of misuses) {
        assertThrows(misuse);
        assertEquals(wordsOf(region), before, String(misuse));
      }
      producer.publish();
      const types: number[] = [];
      assertEquals([consumer.drain((type) => void types.push(type)), types], [2, [1, 2]]);
    });

    it("is a function that has not done its work when it returns", () => {
      using made = make(producers, false);
      const { ring, region } = made, producer = ring.producer(), consumer = ring.consumer();
      producer.push("abc", 1);
      const before = wordsOf(region);
      const later = async (type: number) => await Promise.resolve(type);
      function* one(type: number) {
        yield type;
      }
      async function* two(type: number) {
        yield await later(type);
      }
      for (const fn of [later, one, two] as unknown as (() => void)[]) {
        for (const limit of [undefined, 1]) {
          assertThrows(() => consumer.drain(fn, limit), TypeError, "must have done its work when it returns");
          assertThrows(() => consumer.drainWait(fn, limit), TypeError, "must have done its work when it returns");
        }
      }
      assertEquals(wordsOf(region), before);
      const words = wordsOf(region, COUNTED);
      const wrapped = [
        // @ts-expect-error: a promise is nothing to return
        () => consumer.drain((type) => later(type)),
        // @ts-expect-error: a promise is nothing to return
        () => consumer.drainWait((type) => later(type), 1),
        // @ts-expect-error: nor is anything that can be waited for
        () => consumer.drain(() => ({ then: () => {} }), 2),
      ];
      for (const drain of wrapped) assertThrows(drain, TypeError, "received a promise");
      assertEquals(wordsOf(region, COUNTED), words);
      assertEquals(consumer.drain((type) => type === 1), 1);
      // Where there is nothing to receive, too.
      // @ts-expect-error: a promise is nothing to return
      assertThrows(() => consumer.drain(later), TypeError, "AsyncFunction");
      // @ts-expect-error: a promise is nothing to return
      assertThrows(() => consumer.drainWait(later, 1, { timeoutMs: 0 }), TypeError, "AsyncFunction");
    });

    it("is to wait for space that only the waiter itself can free", () => {
      using made = make(producers, false);
      const { ring } = made, producer = ring.producer(), consumer = ring.consumer();
      const longest = ring.maxByteLength;
      for (let round = 0; round < 16; round++) {
        assert(producer.claim(longest) !== undefined && producer.claim(0) !== undefined);
        for (
          const wait of [
            () => producer.claimWait(longest),
            () => producer.claimWait(longest, 0, { timeoutMs: 5 }),
            () => producer.pushWait(new Uint8Array(longest)),
          ]
        ) {
          assertThrows(wait, TypeError, "as what this producer has claimed takes it; call publish() or abort() first");
        }
        assertEquals(producer.claimed, 2);
        producer.publish();
        // What is published, the consumer may free.
        assertEquals([producer.claimWait(longest, 0, { timeoutMs: 1 }), consumer.drain(() => {})], [undefined, 2]);
        assert(producer.pushWait(new Uint8Array(round % 3 * 8)));
        assertEquals(consumer.drain(() => {}), 1);
      }
    });

    it("is to push from within push", () => {
      using made = make(producers, false);
      const { ring } = made, producer = ring.producer(), consumer = ring.consumer();
      // Neither a text nor bytes are asked for anything: what reads them twice finds them changed.
      const message = Uint8Array.of(1, 2, 3);
      Object.defineProperty(message, "length", { get: () => (producer.push("inner", 1), 3) });
      assert(producer.push(message, 2));
      const types: number[] = [];
      consumer.drain((type, at, length) => void types.push(type, consumer.bytes[at], length));
      assertEquals(types, [1, 105, 5, 2, 1, 3]);
    });

    it("within drain is refused, and the producer may be used", () => {
      using made = make(producers, false);
      const { ring } = made, producer = ring.producer(), consumer = ring.consumer();
      producer.push("a", 1);
      const uses = [
        () => consumer.drain(() => {}),
        () => consumer.drainWait(() => {}),
        () => consumer.shift(),
        () => consumer.shiftWait(),
        () => consumer.next(),
        () => consumer.nextWait(),
        () => consumer.release(),
        () => consumer.close(),
      ];
      for (const use of uses) assertThrows(() => consumer.drain(use), TypeError, "its drain is running");
      const seen: number[] = [];
      const count = consumer.drain((type) => {
        seen.push(type, consumer.length, consumer.position);
        if (type < 4) producer.push("b", type + 1);
      }, 3);
      assertEquals([count, seen.filter((_, i) => i % 3 === 0), consumer.next()], [3, [1, 2, 3], true]);
    });
  });
}

describe("a role of a ByteRing", () => {
  it("is left with whom it was if the options are refused", () => {
    using segment = Segment.anonymous({ byteLength: 65_536 });
    const ring = segment.create("bytes", ByteRing, { capacity: 256 });
    const words = segment.open("bytes", RawRing).source.i32;
    const other = Segment.open(segment.name);
    other.open("bytes", ByteRing).producer();
    const dead = words[PRODUCER_OFFSET / 4];
    other.close();
    assert(dead !== 0);
    words[PRODUCER_OFFSET / 4] = dead; // as a process leaves it that is killed
    assertThrows(() => ring.producer({ wait: "sleep" as WaitStrategy }), TypeError, '"block": received sleep');
    assertEquals(words[PRODUCER_OFFSET / 4], dead);
    ring.producer().close();
    assertEquals(words[PRODUCER_OFFSET / 4], 0);
  });

  it("begins with records that are not shown", () => {
    // The words of records are among those that are compared above.
    using made = make("one", false);
    assertEquals(wordsOf(made.region).length, (BYTE_RING_HEADER_BYTES + 128) / 4);
  });
});
