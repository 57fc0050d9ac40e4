import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment, roundsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, otherRuntime, PAIRS, type Runtime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { fill, Sample } from "./latest_table_sample.ts";
import {
  ATTEMPTED,
  ERRORS,
  MARKS,
  Marks,
  PUBLISHED,
  QueueWords,
  RawQueue,
  RECEIVED,
  SENDER,
  SHIFTS,
  TALLIES,
  Tallies,
} from "./mpmc_queue_sample.ts";

const SCRIPT = new URL("./mpmc_queue_peer.ts", import.meta.url);
const KILLS = deathsOf(70);
const CAPACITY = 64;
/** Records that are received after each death, however long that takes: many times round the queue. */
const GOES_ON = 1000;
/** With one queue: its producers differ by their numbers. */
const MOST_KILLS = 250;

interface Stream {
  readonly producers: readonly Runtime[];
  readonly consumers: readonly Runtime[];
  readonly capacity: number;
  /** Of each producer. */
  readonly records: number;
  /** How many went through before. */
  readonly start: number;
  readonly wait: string;
}

function create(segment: Segment, capacity: number, start: number, bits: number, senders: number, receivers: number) {
  const options = { layout: Sample, capacity };
  const queue = segment.create("samples", MpmcQueue, options);
  new QueueWords(segment.open("samples", RawQueue, {}).views.i32, options).startAt(start);
  const marks = segment.create("marks", Marks, { bits });
  const tallies = segment.create("tallies", Tallies, { senders });
  return { queue, marks, tallies, shifts: segment.create("shifts", Tallies, { senders: receivers }) };
}

/** Sends records through a queue. */
async function sendThrough({ producers, consumers, capacity, records, start, wait }: Stream): Promise<void> {
  await withName(async (name) => {
    const total = records * producers.length;
    using segment = Segment.create(name, { byteLength: 2 ** 20 + total });
    const { queue, marks } = create(segment, capacity, start, total, producers.length, consumers.length);
    const begin = (what: string, runtimes: readonly Runtime[]) =>
      runtimes.map((runtime, i) => Peer.start(runtime, SCRIPT, [what, name, wait, i, records, total]));
    const receive = begin("consume", consumers), send = begin("produce", producers), peers = [...receive, ...send];
    try {
      assertEquals(await Promise.all(send.map((peer) => peer.next())), producers.map(() => "done"));
      const received = await Promise.all(receive.map((peer) => peer.next<number>()));
      await Promise.all(peers.map((peer) => peer.succeeded()));
      assertEquals(received.reduce((sum, count) => sum + count), total);
      // As many as there are, and none twice: each once.
      assertEquals([marks[ERRORS], queue.length, queue.lostClaims, queue.lostReads], [0, 0, 0, 0], errors(peers));
      if (consumers.length > 1) console.log(`    received: ${received.join(", ")}`);
    } finally {
      peers.forEach(end);
    }
  });
}

function errors(peers: readonly (Peer | Spare)[]): string {
  return peers.map((peer) => peer.errors.slice(0, 500)).join("");
}

/** A failed test leaves no process. */
function end(peer: Peer | Spare): void {
  try {
    peer.kill();
  } catch {
    // It has ended.
  }
}

describe("MpmcQueue between processes", { timeout: 120_000 + KILLS * 1000 }, () => {
  after(() => Spare.endAll());

  for (const [producer, consumer] of PAIRS) {
    besideSoak(
      `${producer} sends 10 million records to ${consumer}, past 2^32: none lost, doubled, torn or out of order`,
      () =>
        sendThrough({
          producers: [producer],
          consumers: [consumer],
          capacity: 1024,
          records: 10_000_000,
          start: 2 ** 32 - 5_000_003,
          wait: "yield",
        }),
    );

    besideSoak(
      `${producer} and ${consumer} hammer queues of 2 and 3 records, two and two, past 2^31 and 2^32`,
      async () => {
        const stream = { producers: [producer, consumer], consumers: [consumer, producer], records: 30_000 };
        await sendThrough({ ...stream, capacity: 2, start: 2 ** 32 - 1001, wait: "yield" });
        await sendThrough({ ...stream, capacity: 3, start: 2 ** 31 - 1001, wait: "block" });
      },
    );
  }

  besideSoak(
    "two processes send 10 million records to two others, of both runtimes: each is received once",
    () =>
      sendThrough({
        producers: ["bun", "deno"],
        consumers: ["deno", "bun"],
        capacity: 4096,
        records: 5_000_000,
        start: 2 ** 32 - 5_000_003,
        wait: "yield",
      }),
  );

  besideSoak("a stopped producer or consumer keeps what it holds, and goes on with it", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const { queue } = create(segment, 4, 2 ** 32 - 1, 64, 4, 4);
      const sample = Sample.alloc(), producer = queue.producer(), consumer = queue.consumer();
      const start = async (what: string) => {
        const peer = Peer.start(otherRuntime, SCRIPT, [what, name, "block", 3, 1, 1]);
        assertEquals(await peer.next(), "holding");
        peer.kill("SIGSTOP");
        return peer;
      };
      const goOn = async (peer: Peer) => {
        peer.kill("SIGCONT");
        peer.send("go on");
        assertEquals(await peer.next(), "done");
        await peer.succeeded();
      };
      const claimer = await start("holdClaim");
      fill(sample, 2);
      producer.push(sample);
      assertEquals(consumer.shiftWait(sample, { timeoutMs: 400 }), false);
      assertEquals([queue.lostClaims, queue.length], [0, 2]);
      await goOn(claimer);
      const found = [0, 0].map(() => consumer.shiftWait(sample, { timeoutMs: 20_000 }) ? sample.sequence : NaN);
      assertEquals(found, [3 * SENDER, 2]);

      for (let i = 0; i < 4; i++) producer.push(sample);
      const taker = await start("holdRead");
      assertEquals(consumer.drain(() => {}), 3);
      assertEquals(producer.pushWait(sample, { timeoutMs: 400 }), false);
      assertEquals([queue.lostReads, queue.length], [0, 0]);
      await goOn(taker);
      assert(producer.pushWait(sample, { timeoutMs: 20_000 }));
      assertEquals([queue.lostClaims, queue.lostReads], [0, 0]);
    }));

  for (const kind of ["produce", "consume"] as const) {
    it(`kill -9 of processes that ${kind}, ${KILLS} times: published records arrive once, or are counted as lost`, () =>
      (async () => {
        for (const kills of roundsOf(KILLS, MOST_KILLS)) {
          await withName((name) => killMany(name, kind === "consume", kills));
        }
      })());
  }
});

function bitCount(word: number): number {
  let count = 0;
  for (; word !== 0; word &= word - 1) count++;
  return count;
}

/** Two producers and two consumers at work; those of one kind are killed and replaced. */
async function killMany(name: string, isConsumers: boolean, kills: number): Promise<void> {
  const SENDERS = isConsumers ? 2 : kills + 2, RECEIVERS = isConsumers ? kills + 2 : 2;
  /** More than a producer sends in its life. */
  const EACH = isConsumers ? 2 ** 26 : 2 ** 22;
  using segment = Segment.create(name, { byteLength: 2 ** 22 + EACH / 8 * SENDERS });
  const { queue, marks, tallies, shifts } = create(
    segment,
    CAPACITY,
    2 ** 32 - 1000,
    EACH * SENDERS,
    SENDERS,
    RECEIVERS,
  );
  const random = new Random(Date.now()), all: Spare[] = [];
  let made = 0, senders = 0, receivers = 0, unmarked = 0;
  const numbers = new Map<Spare, number>();
  /** What became of the records of all senders. */
  const count = () => {
    let missing = 0, unpublished = 0, published = 0, received = 0;
    for (let sender = 0; sender < senders; sender++) {
      const attempted = tallies[sender * TALLIES + ATTEMPTED], done = tallies[sender * TALLIES + PUBLISHED];
      published += done;
      for (let number = 0; number < attempted; number++) {
        const bit = sender * EACH + number;
        if ((marks[MARKS + (bit >> 5)] & (1 << (bit & 31))) !== 0) received++;
        else if (number < done) missing++;
        else unpublished++;
      }
    }
    return { missing, unpublished, published, received };
  };
  const failed = () => `seed ${random.seed}: ${marks[ERRORS]} errors, ${errors(all)}`;
  const start = (isProducer: boolean) => {
    const runtime = mixed(made++), wait = ["block", "yield", "block"][made % 3];
    const what = isProducer ? "produceForEver" : "consumeForEver";
    const number = isProducer ? senders++ : receivers++;
    const peer = Spare.start(runtime, SCRIPT, [what, name, wait, number, EACH, 0]);
    all.push(peer);
    numbers.set(peer, number);
    return peer;
  };
  const begin = async (peer: Spare) => {
    assertEquals(await peer.next(), "ready", failed());
    return work(peer);
  };
  const work = async (peer: Spare) => {
    peer.send("begin");
    assertEquals(await peer.next(), "working", failed());
    return peer;
  };
  try {
    const others = await Promise.all([0, 0].map(() => begin(start(isConsumers))));
    const current = await Promise.all([0, 0].map(() => begin(start(!isConsumers))));
    for (let i = 0; i < kills; i++) {
      const successor = start(!isConsumers);
      assertEquals(await successor.next(), "ready", failed());
      const which = random.below(2), moment = new Moment(current[which], [...others, current[1 - which]], 8);
      await moment.passed();
      await moment.kill();
      // One record at most, which it had received without noting it.
      if (isConsumers) unmarked += shifts[numbers.get(current[which])! * TALLIES + SHIFTS];
      const before = marks[RECEIVED];
      // The stream continues with the other one: a slot that a dead one holds up would be met again soon.
      await until(
        () => ((marks[RECEIVED] - before) | 0) >= GOES_ON,
        () => `stuck at ${marks[RECEIVED]}, from ${before}, ${failed()}`,
      );
      current[which] = await work(successor);
      assertEquals(marks[ERRORS], 0, failed());
    }
    for (const producer of isConsumers ? others : current) {
      producer.kill();
      await producer.exited;
    }
    await until(() => queue.length === 0, () => `the consumers do not empty the queue, ${failed()}`);
    // Consumers may have taken records ahead that they have not marked yet.
    await until(
      () => count().missing <= queue.lostReads + unmarked,
      () => `${count().missing} are missing, ${queue.lostReads} are counted as lost, ${failed()}`,
    );
  } finally {
    all.forEach(end);
    await Promise.all(all.map((peer) => peer.exited));
  }
  const { missing, unpublished, published, received } = count();
  const { lostClaims, lostReads } = queue;
  console.log(
    `    ${received} received, ${missing} of ${published} missing; lost reads ${lostReads}, lost claims ${lostClaims}`,
  );
  assertEquals(marks[ERRORS], 0, failed());
  let bits = 0;
  for (let word = MARKS; word < marks.length; word++) bits += bitCount(marks[word]);
  assertEquals(bits, received, "records were received that nobody had sent");
  assert(missing <= lostReads + unmarked, `${missing} are missing, ${lostReads} are counted as lost, ${failed()}`);
  // Each dead consumer may have seen one that it had not freed; of a batch that was not all published, some were.
  const most = missing + unpublished + 2 + (isConsumers ? kills : 0);
  assert(lostReads <= most, `${lostReads} are counted as lost, at most ${most} are, ${failed()}`);
  assertGreaterOrEqual(received, GOES_ON * kills);
  assertEquals(segment.participants().length, 1);
}
