import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { SpscRing } from "../../lib/channel/spsc_ring/spsc_ring.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, PAIRS, type Runtime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { Sample } from "./latest_table_sample.ts";
import { AGAIN, ERRORS, EXAMPLE, GIVEN, Notes, PUBLISHED, Raw, SEEN, startRingAt } from "./spsc_ring_sample.ts";

const SCRIPT = new URL("./spsc_ring_peer.ts", import.meta.url);
const KILLS = deathsOf(120);
const CAPACITY = 64;
/** Records that are received after each death, however long that takes. */
const GOES_ON = 4 * CAPACITY;

/** Sends records through a ring that has seen `start` of them. */
async function sendThrough(
  [producer, consumer]: readonly [Runtime, Runtime],
  { capacity, records, start, wait }: { capacity: number; records: number; start: number; wait: string },
): Promise<void> {
  await withName(async (name) => {
    using segment = Segment.create(name, { byteLength: 2 ** 20 });
    const ring = segment.create("samples", SpscRing, { layout: Sample, capacity });
    startRingAt(segment.open("samples", { kind: "SpscRing", ...Raw }, {}), start);
    const receive = Peer.start(consumer, SCRIPT, ["consume", name, "samples", wait, records]);
    const send = Peer.start(producer, SCRIPT, ["produce", name, "samples", wait, records]);
    assertEquals(await receive.next(), { received: records, torn: 0, wrong: 0, isTooMany: false });
    assertEquals(await send.next(), "done");
    await Promise.all([send.succeeded(), receive.succeeded()]);
    assertEquals([ring.length, ring.producer().position], [0, (start + records) % 2 ** 32]);
  });
}

describe("SpscRing between processes", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  for (const pair of PAIRS) {
    besideSoak(
      `${pair[0]} sends 10 million records to ${pair[1]}, past 2^32: none lost, doubled, torn or out of order`,
      () => sendThrough(pair, { capacity: 1024, records: 10_000_000, start: 2 ** 32 - 1_000_003, wait: "yield" }),
    );

    besideSoak(`${pair[0]} and ${pair[1]} hammer rings of 2 and 4 records, past 2^31 and 2^32`, async () => {
      await sendThrough(pair, { capacity: 2, records: 300_000, start: 2 ** 32 - 1001, wait: "yield" });
      await sendThrough(pair, { capacity: 4, records: 300_000, start: 2 ** 31 - 1001, wait: "yield" });
    });

    besideSoak(
      `${pair[0]} and ${pair[1]} wake each other`,
      () => sendThrough(pair, { capacity: 2, records: 30_000, start: 2 ** 32 - 1001, wait: "block" }),
    );
  }

  it(`kill -9 of producers and consumers, ${KILLS} times: all that was published arrives, once or again, never torn`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const ring = segment.create("samples", SpscRing, { layout: Sample, capacity: CAPACITY });
      const notes = segment.create("notes", Notes, {});
      startRingAt(segment.open("samples", { kind: "SpscRing", ...Raw }, {}), 1);
      notes[SEEN] = notes[GIVEN] = 1; // sequence = position + 1: the first is 2
      const random = new Random(Date.now());
      let made = 0;
      // A successor is ready before its predecessor dies, and takes the role over then.
      const start = async (what: string) => {
        const runtime = mixed(made++);
        const wait = ["block", "yield", "block"][made % 3];
        const peer = Spare.start(runtime, SCRIPT, [what, name, "samples", wait]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      const takeOver = async (peer: Spare) => {
        peer.send("take over");
        assertEquals(await peer.next(), "working");
        return peer;
      };
      const roles = ["produceForEver", "consumeForEver"];
      const current = [await takeOver(await start(roles[0])), await takeOver(await start(roles[1]))];
      const failed = () => `seed ${random.seed}: ${notes.slice(ERRORS, EXAMPLE + 4)} ${current.map((p) => p.errors)}`;
      for (let i = 0; i < KILLS; i++) {
        const which = random.below(2), next = await start(roles[which]);
        const moment = new Moment(current[which], [current[1 - which]], 10);
        await moment.passed();
        await moment.kill();
        current[which] = await takeOver(next);
        // The stream continues.
        const before = notes[SEEN];
        await until(
          () => notes[SEEN] >= before + GOES_ON,
          () => `stuck at ${notes[SEEN]}, from ${before}, ${failed()}`,
        );
        assertEquals(notes[ERRORS], 0, failed());
      }
      current[0].kill();
      await current[0].exited;
      // It notes what it gave back after it gave it back.
      await until(
        () => ring.length === 0 && notes[GIVEN] === notes[SEEN],
        () => `the consumer does not empty the ring, ${failed()}`,
      );
      current[1].kill();
      await current[1].exited;
      assertEquals(notes[ERRORS], 0, failed());
      assertGreaterOrEqual(notes[GIVEN], notes[PUBLISHED], "a record that publish had returned for is gone");
      assertEquals(notes[SEEN], notes[GIVEN]);
      assertEquals(notes[SEEN], ring.producer().position); // and nothing came that was not published
      assertGreaterOrEqual(notes[SEEN], GOES_ON * KILLS);
      assertEquals(segment.participants().length, 1);
      console.log(`    ${notes[SEEN]} records, ${notes[AGAIN]} consumers received some again`);
    }));
});
