import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { f64, type Region, Segment, struct } from "@shmkit/shmkit";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import type { MpmcConsumer } from "../../lib/channel/mpmc_queue/mpmc_consumer.ts";
import { CONSUMES, FREE, FULL, PRODUCES, VOID } from "../../lib/channel/mpmc_queue/format.ts";
import type { MpmcProducer } from "../../lib/channel/mpmc_queue/mpmc_producer.ts";
import { QueueWords, RawQueue } from "./mpmc_queue_sample.ts";

/*
 * Every state that a death can leave: a dead attachment's cell, and the words as they are between two of its writes.
 * Each is brought about at positions around 2^32, and ended in two ways: by a process that reads the losses, and by
 * those that keep working.
 */
const Tick = struct("Tick", { price: f64 });
const CAPACITY = 4, START = 2 ** 32 - 2;
/** Cells: 0 is the living producer's, 1 the living consumer's, 2 the dead one's. */
const DEAD_CELL = 2;
/** After so many polls in vain, a process has checked for deaths. */
const LOOKS = 32;

interface Scene {
  readonly queue: MpmcQueue<typeof Tick>;
  readonly words: QueueWords;
  readonly producer: MpmcProducer<typeof Tick>;
  readonly consumer: MpmcConsumer<typeof Tick>;
  /** The id of an attachment that is gone. */
  readonly dead: number;
  /** The id of this one. */
  readonly alive: number;
}

function withScene(play: (scene: Scene) => void): void {
  using segment = Segment.anonymous({ byteLength: 65_536 });
  const options = { layout: Tick, capacity: CAPACITY };
  const queue = segment.create("ticks", MpmcQueue, options);
  const region: Region = segment.open("ticks", RawQueue, {});
  const words = new QueueWords(region.views.i32, options);
  words.startAt(START);
  const other = Segment.open(segment.name), dead = other.open("ticks", RawQueue, {}).party.id;
  other.close();
  play({ queue, words, producer: queue.producer(), consumer: queue.consumer(), dead, alive: region.party.id });
}

/** Receives what there is, with as many polls as it takes to find the dead. */
function received({ consumer }: Scene): number[] {
  const prices: number[] = [];
  for (let look = 0; look < LOOKS; look++) consumer.drain((tick) => void prices.push(tick.price));
  return prices;
}

/** Sends, with as many polls. */
function isSent({ producer }: Scene, price: number): boolean {
  for (let look = 0; look < LOOKS; look++) if (producer.push({ price })) return true;
  return false;
}

/** All slots can be used again, in order. */
function goesOn(scene: Scene): void {
  for (let i = 0; i < 3 * CAPACITY; i++) {
    assert(isSent(scene, 100 + i), `cannot send ${i}`);
    assertEquals(received(scene), [100 + i]);
  }
  assertEquals(scene.queue.length, 0);
}

interface Death {
  readonly title: string;
  /** Leaves the words as they are at the death. */
  readonly leave: (scene: Scene) => void;
  /** What is received afterwards, of the records 1, 2, … that were published. */
  readonly received: readonly number[];
  readonly lostClaims?: number;
  readonly lostReads?: number;
}

const DEATHS: readonly Death[] = [
  {
    title: "a producer that took its cell, with what its predecessor had named there",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 1 });
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 3);
    },
    received: [1],
  },
  {
    title: "a producer that named a position and did not claim it",
    leave: ({ words, producer, dead }) => {
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 1);
      producer.push({ price: 1 });
    },
    received: [1],
  },
  {
    title: "a producer that claimed",
    leave: ({ words, producer, dead }) => {
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 1);
      words.tail++;
      producer.push({ price: 1 });
    },
    received: [1],
    lostClaims: 1,
  },
  {
    title: "a producer that claimed the last free slot",
    leave: ({ words, producer, dead }) => {
      for (let i = 1; i < CAPACITY; i++) producer.push({ price: i });
      words.setCell(DEAD_CELL, dead, PRODUCES, words.tail, 1);
      words.tail++;
    },
    received: [1, 2, 3],
    lostClaims: 1,
  },
  {
    title: "a producer that published and had not taken the name back",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 1 });
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 1);
      producer.push({ price: 2 });
    },
    received: [1, 2],
  },
  {
    title: "a producer within the publishing of three",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 1 });
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 3);
      words.tail += 2;
      producer.push({ price: 2 });
    },
    received: [1, 2],
    lostClaims: 2,
  },
  {
    title: "a producer within the abort of three",
    leave: ({ words, producer, dead }) => {
      words.setState(START, VOID);
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 3);
      words.tail += 3;
      producer.push({ price: 1 });
    },
    received: [1],
    lostClaims: 2,
  },
  {
    title: "a producer that held two, and named another's between them",
    leave: ({ words, producer, dead }) => {
      words.tail++;
      producer.push({ price: 1 });
      words.tail++;
      producer.push({ price: 2 });
      words.setCell(DEAD_CELL, dead, PRODUCES, START, 3);
    },
    received: [1, 2],
    lostClaims: 2,
  },
  {
    title: "a consumer that named a record and did not take it",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 1 });
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 1);
    },
    received: [1],
  },
  {
    title: "a consumer that took a record",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 0 });
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 1);
      words.head++;
      producer.push({ price: 1 });
    },
    received: [1],
    lostReads: 1,
  },
  {
    title: "a consumer that gave a record back and had not taken the name back",
    leave: ({ words, producer, dead }) => {
      producer.push({ price: 0 });
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 1);
      words.head++;
      words.free(START);
      producer.push({ price: 1 });
    },
    received: [1],
  },
  {
    title: "a consumer within a drain of four",
    leave: ({ words, producer, dead }) => {
      for (let i = 0; i < CAPACITY; i++) producer.push({ price: i });
      words.setCell(DEAD_CELL, dead, CONSUMES, START, CAPACITY);
      words.head += CAPACITY;
      words.free(START);
    },
    received: [],
    lostReads: 3,
  },
  {
    title: "a consumer that took what was given up",
    leave: ({ words, producer, dead }) => {
      words.setState(START, VOID);
      words.tail++;
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 1);
      words.head++;
      producer.push({ price: 1 });
    },
    received: [1],
  },
  {
    title: "a consumer that gave up what a dead producer had claimed, and did not take it",
    leave: ({ words, producer, dead }) => {
      words.setCell(3, dead, PRODUCES, START, 1);
      words.setState(START, VOID);
      words.tail++;
      words.setCell(DEAD_CELL, dead, CONSUMES, START, 0);
      producer.push({ price: 1 });
    },
    received: [1],
  },
];

describe("a death in a MpmcQueue", () => {
  for (const { title, leave, received: expected, lostClaims = 0, lostReads = 0 } of DEATHS) {
    it(`of ${title}: found by those that continue`, () =>
      withScene((scene) => {
        leave(scene);
        assertEquals(received(scene), expected);
        goesOn(scene);
        assertEquals([scene.queue.lostClaims, scene.queue.lostReads], [lostClaims, lostReads]);
      }));

    it(`of ${title}: found by a process that reads the losses`, () =>
      withScene((scene) => {
        leave(scene);
        for (let again = 0; again < 3; again++) {
          assertEquals([scene.queue.lostClaims, scene.queue.lostReads], [lostClaims, lostReads]);
        }
        assertEquals(scene.consumer.drain(() => {}), expected.length);
        goesOn(scene);
        assertEquals([scene.queue.lostClaims, scene.queue.lostReads], [lostClaims, lostReads]);
      }));

    it(`of ${title}: its cell is used again`, () =>
      withScene((scene) => {
        leave(scene);
        const next = scene.queue.producer(); // takes the first cell that is free, or a dead one's
        assertEquals(scene.words.countOf(DEAD_CELL), 0);
        assertEquals(received(scene), expected);
        next.close();
        goesOn(scene);
        assertEquals([scene.queue.lostClaims, scene.queue.lostReads], [lostClaims, lostReads]);
      }));
  }

  it("of one that a new owner of the cell names for a moment is found afterwards", () =>
    withScene((scene) => {
      const { words, producer, alive, queue } = scene;
      words.setCell(DEAD_CELL, alive, PRODUCES, START, 1);
      words.tail++;
      producer.push({ price: 1 });
      assertEquals([received(scene), queue.lostClaims], [[], 0]);
      words.setCell(DEAD_CELL, alive, PRODUCES, START, 0);
      assertEquals([received(scene), queue.lostClaims], [[1], 1]);
      goesOn(scene);
    }));

  it("is not that of a living process, whichever others named the same position", () =>
    withScene((scene) => {
      const { words, producer, consumer, dead, queue } = scene;
      const other = queue.producer(), late = other.claim()!;
      words.setCell(3, dead, PRODUCES, START, 1);
      producer.push({ price: 2 });
      assertEquals([received(scene), queue.lostClaims], [[], 0]);
      late.price = 1;
      other.publish();
      assertEquals([received(scene), words.state(START)], [[1, 2], CAPACITY + FREE]);
      for (let i = 0; i < CAPACITY; i++) producer.push({ price: i });
      const first = words.head;
      words.setCell(3, dead, CONSUMES, first, CAPACITY);
      consumer.drain((tick) => {
        if (tick.price === 3) return;
        // The slot of the last one is still taken.
        for (let i = 0; i <= tick.price; i++) {
          assertEquals(words.state(first + i), i < tick.price ? CAPACITY + FREE : FULL);
        }
        assertEquals(queue.lostReads, 0);
      });
      goesOn(scene);
      assertEquals([queue.lostClaims, queue.lostReads], [0, 0]);
    }));

  it("is found by waiting processes", () =>
    withScene((scene) => {
      const { words, queue, dead } = scene;
      for (const wait of ["spin", "yield", "block"] as const) {
        const producer = queue.producer({ wait }), consumer = queue.consumer({ wait }), tick = Tick.alloc();
        words.setCell(10, dead, PRODUCES, words.tail, 1);
        words.tail++;
        for (let i = 1; i < CAPACITY; i++) producer.push({ price: i });
        for (let i = 1; i < CAPACITY; i++) {
          assert(consumer.shiftWait(tick, { timeoutMs: 10_000 }));
          assertEquals(tick.price, i);
        }
        for (let i = 0; i < CAPACITY; i++) producer.push({ price: i });
        words.setCell(10, dead, CONSUMES, words.head, CAPACITY);
        words.head += CAPACITY;
        // Each finds its slot taken.
        for (let i = 0; i < CAPACITY; i++) assert(producer.pushWait({ price: i }, { timeoutMs: 10_000 }));
        assertEquals(consumer.drainWait(() => {}, CAPACITY, { timeoutMs: 10_000 }), CAPACITY);
        producer.close();
        consumer.close();
      }
      assertEquals([queue.lostClaims, queue.lostReads], [3, 3 * CAPACITY]);
    }));
});
