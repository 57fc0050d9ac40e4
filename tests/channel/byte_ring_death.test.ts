import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import type { ByteConsumer } from "../../lib/channel/byte_ring/byte_consumer.ts";
import { CLAIMED, isPublished, isSkip, SKIP } from "../../lib/channel/byte_ring/format.ts";
import { RawRing, startByteRingAt } from "./byte_ring_sample.ts";

/*
 * What a death after each step of a claim leaves, as the table in byte_ring/format.ts has it: written by hand, in the
 * name of an attachment that is gone. In byte_ring_processes.test.ts processes are killed wherever they are.
 */
const CAPACITY = 128, HEADER = 16;
const TAIL = 128 / 4, LOCK = 388 / 4, RECORDS = 896 / 4;

function make() {
  const segment = Segment.anonymous({ byteLength: 65_536 });
  const ring = segment.create("bytes", ByteRing, { capacity: CAPACITY, producers: "many" });
  const words = segment.open("bytes", RawRing).views.u32;
  return { segment, ring, words };
}

/** The id of an attachment that can die. */
function attach(segment: Segment): { id: number; other: Segment } {
  const other = Segment.open(segment.name);
  return { id: other.open("bytes", RawRing).party.id, other };
}

/** All types that can be received, however long a claim is waited for. */
function typesOf(consumer: ByteConsumer, count: number): number[] {
  const types: number[] = [];
  const add = (type: number) => void types.push(type);
  while (types.length < count && consumer.drainWait(add, undefined, { timeoutMs: 10_000 }) > 0);
  return types;
}

/** Does the first so many steps of a claim, publish included. */
function doSteps(words: Uint32Array, id: number, steps: number, length: number): void {
  const tail = words[TAIL], index = tail % CAPACITY, rest = CAPACITY - index;
  const size = Math.ceil((length + HEADER) / 8) * 8, need = size > rest ? rest + size : size;
  const record = RECORDS + (size > rest ? 0 : index / 4);
  const all = [
    () => words[LOCK] = id,
    () => {
      if (size > rest) words[RECORDS + index / 4] = SKIP | rest;
      words[record] = CLAIMED | length;
      words[record + 1] = 7;
      words[record + 2] = id;
    },
    () => words[TAIL] = tail + need,
    () => words[LOCK] = 0,
    () => words.fill(0xffff_ffff, record + 4, record + 4 + Math.floor(length / 4)),
    () => words[record] = length,
  ];
  for (const step of all.slice(0, steps)) step();
}

const ROWS: readonly [steps: number, title: string, isSkipped: boolean, isReceived: boolean][] = [
  [1, "taking the lock", false, false],
  [2, "writing the header", false, false],
  [3, "moving the tail", true, false],
  [4, "giving the lock back", true, false],
  [5, "filling the message", true, false],
  [6, "publishing it", false, true],
];

describe("one of many producers of a ByteRing that dies", () => {
  for (const [steps, title, isSkipped, isReceived] of ROWS) {
    for (const start of [0, CAPACITY - 24, 2 ** 32 - 24]) {
      it(`after ${title}, at ${start}, leaves what the table says`, () => {
        const { segment, ring, words } = make(), { id, other } = attach(segment);
        startByteRingAt(words, start);
        using _ = segment;
        const producer = ring.producer(), consumer = ring.consumer();
        assert(producer.push("", 1)); // 16 bytes: 8 are left before the end
        doSteps(words, id, steps, 20);
        other.close();
        assert(producer.push("after it", 2));
        assertEquals(words[LOCK], 0);
        assertEquals(typesOf(consumer, isReceived ? 3 : 2), isReceived ? [1, 7, 2] : [1, 2]);
        assertEquals([ring.skipped, ring.length, consumer.shift()], [isSkipped ? 1 : 0, 0, undefined]);
        // And the ring is as good as new.
        for (let i = 0; i < 20; i++) {
          assert(producer.push(new Uint8Array(i), i));
          assertEquals(consumer.shift(), { type: i, bytes: new Uint8Array(i) });
        }
      });
    }
  }

  it("while it takes the lock over from a dead one leaves the same again", () => {
    const { segment, ring, words } = make();
    using _ = segment;
    const producer = ring.producer();
    for (let i = 0; i < 3; i++) {
      const { id, other } = attach(segment);
      doSteps(words, id, 1 + i % 2, 8);
      other.close();
      if (i === 2) assert(producer.push("a", 1));
    }
    assertEquals(typesOf(ring.consumer(), 1), [1]);
  });

  it("with several claims leaves none of them, but the messages that others published between them", () => {
    const { segment, ring } = make();
    using _ = segment;
    const { other } = attach(segment), dying = other.open("bytes", ByteRing).producer(), producer = ring.producer();
    for (let i = 0; i < 3; i++) {
      dying.claim(1, 9);
      assert(producer.push("", i));
    }
    const consumer = ring.consumer();
    assertEquals(consumer.drain(() => {}), 0); // it lives, and may publish
    other.close();
    assertEquals([producer.claim(0), ring.free], [undefined, 8]); // whose space it is, the consumer finds out
    assertEquals([typesOf(consumer, 3), ring.skipped, ring.length], [[0, 1, 2], 3, 0]);
  });

  it("is met by drain, shift and the methods that wait alike", () => {
    const receives: ((consumer: ByteConsumer) => boolean)[] = [
      (consumer) => consumer.drain(() => {}) === 1,
      (consumer) => consumer.drain(() => {}, 1) === 1,
      (consumer) => consumer.shift() !== undefined,
      (consumer) => consumer.shiftWait({ timeoutMs: 10_000 }) !== undefined,
      (consumer) => consumer.drainWait(() => {}, 5, { timeoutMs: 10_000 }) === 1,
    ];
    for (const receive of receives) {
      for (const wait of ["spin", "yield", "block"] as const) {
        const { segment, ring } = make();
        using _ = segment;
        const { other } = attach(segment), consumer = ring.consumer({ wait });
        other.open("bytes", ByteRing).producer().claim(40, 9);
        ring.producer().push("a", 1);
        assertEquals(consumer.drain(() => {}), 0);
        other.close();
        const limit = performance.now() + 10_000;
        while (!receive(consumer)) assert(performance.now() < limit);
        assertEquals([ring.length, ring.skipped], [0, 1]);
      }
    }
  });

  it("makes space even if nothing was published after it", () => {
    const { segment, ring } = make();
    using _ = segment;
    const { other } = attach(segment), consumer = ring.consumer();
    other.open("bytes", ByteRing).producer().claim(40, 9);
    other.close();
    const limit = performance.now() + 20_000;
    while (ring.length > 0 && performance.now() < limit) {
      assertEquals(consumer.drainWait(() => {}, 1, { timeoutMs: 20 }), 0);
    }
    assertEquals([ring.length, ring.skipped], [0, 1]);
  });
});

describe("one of many producers of a ByteRing that lives", () => {
  it("is waited for, however long it takes, at its message alone", () => {
    const { segment, ring } = make();
    using _ = segment;
    using other = Segment.open(segment.name);
    const slow = other.open("bytes", ByteRing).producer(), producer = ring.producer(), consumer = ring.consumer();
    producer.push("", 1);
    slow.claim(4, 2);
    producer.push("", 3);
    assertEquals(typesOf(consumer, 1), [1]);
    assertEquals(consumer.drainWait(() => {}, 1, { timeoutMs: 150 }), 0);
    for (let i = 0; i < 1000; i++) assertEquals([consumer.drain(() => {}), consumer.shift()], [0, undefined]);
    slow.publish();
    assertEquals([typesOf(consumer, 2), ring.skipped], [[2, 3], 0]);
    slow.claim(4, 4);
    producer.push("", 5);
    slow.abort();
    assertEquals([typesOf(consumer, 1), ring.skipped], [[5], 0]);
  });

  it("and stopped inside its claim keeps the lock: the others' claims are refused", () => {
    const { segment, ring, words } = make();
    using _ = segment;
    const { id, other } = attach(segment), producer = ring.producer();
    doSteps(words, id, 2, 8);
    assertEquals([producer.claim(1), producer.push(""), producer.pushWait("", 0, { timeoutMs: 20 })], [
      undefined,
      false,
      false,
    ]);
    assertEquals([ring.refusals, words[LOCK]], [0, id]); // it was not for want of space
    words[LOCK] = 0;
    assert(producer.push("", 1));
    other.close();
    assertEquals(typesOf(ring.consumer(), 1), [1]);
  });

  it("and has not claimed for 4 GiB still knows which space is free", () => {
    const { ring, segment } = (() => {
      const segment = Segment.anonymous({ byteLength: 2 ** 21 });
      return { segment, ring: segment.create("bytes", ByteRing, { capacity: 2 ** 20, producers: "many" }) };
    })();
    using _ = segment;
    const idle = ring.producer(), busy = ring.producer(), consumer = ring.consumer();
    const size = 2 ** 18;
    assert(idle.claim(size - HEADER, 1));
    idle.publish();
    let bytes = size;
    while (bytes < 2 ** 32) {
      if (busy.claim(size - HEADER, 1) !== undefined) {
        busy.publish();
        bytes += size;
      } else consumer.drain(() => {});
    }
    while (busy.claim(size - HEADER, 1) !== undefined) busy.publish();
    assertEquals([ring.free, idle.claim(0)], [0, undefined]);
  });
});

describe("the words of a ByteRing's records", () => {
  it("say one thing each", () => {
    for (const length of [0, 1, 2 ** 29]) {
      assertEquals([isPublished(length), isSkip(length)], [true, false]);
      assertEquals([isPublished(CLAIMED | length), isSkip(CLAIMED | length)], [false, false]);
      assertEquals([isPublished(SKIP | length), isSkip(SKIP | length)], [false, true]);
    }
  });
});

describe("a consumer of a ByteRing that dies", () => {
  it("leaves the messages that it had not freed", () => {
    for (const producers of ["one", "many"] as const) {
      using segment = Segment.anonymous({ byteLength: 65_536 });
      const ring = segment.create("bytes", ByteRing, { capacity: 256, producers }), producer = ring.producer();
      for (let i = 0; i < 6; i++) producer.push("x", i);
      const other = Segment.open(segment.name), dying = other.open("bytes", ByteRing).consumer();
      assertEquals(dying.drain(() => {}, 2), 2);
      try {
        dying.drain((type) => type === 4 && other.close());
      } catch { /* closed: as if it had died there */ }
      assertEquals(typesOf(ring.consumer(), 4), [2, 3, 4, 5]);
    }
  });
});
