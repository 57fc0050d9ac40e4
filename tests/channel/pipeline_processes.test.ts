import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, PAIRS, type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { isStopped } from "../../support/threads.ts";
import { until } from "../../support/until.ts";
import { DESK, Job, startPipelineAt } from "./pipeline_sample.ts";
import { ERRORS, EXAMPLE, Notes, Raw } from "./spsc_ring_sample.ts";

const SCRIPT = new URL("./pipeline_peer.ts", import.meta.url);

/** In each runtime's suite. */
const KILLS = deathsOf(120);
const CAPACITY = 64;
/** Records that are written after each death, however long that takes: with all readers, which could hold them up. */
const GOES_ON = 200;

interface Run {
  readers: Record<string, readonly string[]>;
  capacity: number;
  records: number;
  start: number;
  wait: string;
}

/** Sends records through a pipeline that has seen `start` of them; readers run on both runtimes in turn. */
async function sendThrough(pair: readonly [Runtime, Runtime], run: Run): Promise<void> {
  const { readers, capacity, records, start, wait } = run;
  await withName(async (name) => {
    using segment = Segment.create(name, { byteLength: 2 ** 20 });
    const pipeline = segment.create("jobs", Pipeline, { layout: Job, capacity, readers });
    const words = segment.open("jobs", { kind: "Pipeline", ...Raw }, {});
    startPipelineAt(words, start, capacity, pipeline.readers.length);
    const peers = pipeline.readers.map((reader, i) =>
      Peer.start(pair[(i + 1) % 2], SCRIPT, [reader, name, wait, records])
    );
    for (const peer of peers) assertEquals(await peer.next(), "ready");
    const writer = Peer.start(pair[0], SCRIPT, ["write", name, wait, records]);
    // The first one to finish leaves: the readers after it learn of that, and are not held up.
    for (const peer of peers) {
      const { missing: _, ...report } = await peer.next<Record<string, unknown>>();
      assertEquals(report, { received: records, torn: 0, wrong: 0, early: 0 });
    }
    assertEquals(await writer.next(), "done");
    for (const peer of [writer, ...peers]) await peer.succeeded();
    assertEquals([pipeline.position, pipeline.length], [(start + records) % 2 ** 32, 0]);
  });
}

describe("Pipeline between processes", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  for (const pair of PAIRS) {
    besideSoak(
      `${pair[0]} sends 10 million records to ${pair[1]}, past 2^32: none lost, doubled, torn or out of order`,
      () =>
        sendThrough(pair, {
          readers: { book: [] },
          capacity: 1024,
          records: 10_000_000,
          start: 2 ** 32 - 1_000_003,
          wait: "yield",
        }),
    );

    besideSoak(`${pair[0]} and ${pair[1]} hammer pipelines of 2 and 3 records, past 2^31 and 2^32`, async () => {
      const readers = { book: [], pricing: ["book"] };
      await sendThrough(pair, { readers, capacity: 2, records: 20_000, start: 2 ** 32 - 1001, wait: "yield" });
      await sendThrough(pair, { readers, capacity: 3, records: 20_000, start: 2 ** 31 - 1001, wait: "yield" });
    });

    besideSoak(`${pair[0]} and ${pair[1]} wake each other`, () =>
      sendThrough(pair, {
        readers: { book: [], pricing: ["book"] },
        capacity: 2,
        records: 10_000,
        start: 2 ** 32 - 1001,
        wait: "block",
      }));
  }

  besideSoak(
    "five processes, feed to hedger: nobody sees a record before those it comes after have done their part",
    () =>
      sendThrough(["bun", "deno"], {
        readers: DESK,
        capacity: 256,
        records: 500_000,
        start: 2 ** 32 - 1001,
        wait: "block",
      }),
  );

  besideSoak("SIGSTOP of a reader for a second: everyone waits, nobody drops it", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const pipeline = segment.create("jobs", Pipeline, { layout: Job, capacity: 64, readers: { book: [] } });
      segment.create("notes", Notes, {});
      const peer = Peer.start(thisRuntime, SCRIPT, [".book", name, "yield"]);
      assertEquals(await peer.next(), "ready");
      peer.send("go");
      assertEquals(await peer.next(), "working");
      peer.kill("SIGSTOP");
      await until(() => isStopped(peer.pid), () => "it is not stopped");
      const writer = pipeline.writer(), start = performance.now();
      while (writer.push({ sequence: 1 }));
      assertEquals(writer.pushWait({ sequence: 1 }, { timeoutMs: 1000 }), false);
      assert(performance.now() - start >= 999);
      assertEquals(pipeline.gates()[0].state, "reading");
      peer.kill();
      await peer.exited;
      assertEquals(writer.pushWait({ sequence: 1 }, { timeoutMs: 20_000 }), true);
      assertEquals(pipeline.gates()[0].state, "dropped");
    }));

  it(`kill -9 of writers and readers, ${KILLS} times: no process is held up, and every record is received or reported`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const pipeline = segment.create("jobs", Pipeline, { layout: Job, capacity: CAPACITY, readers: DESK });
      const notes = segment.create("notes", Notes, {});
      const random = new Random(Date.now());
      const places = ["writeForEver", ...pipeline.readers.map((reader) => `.${reader}`)];
      let made = 0;
      const start = async (place: string) => {
        const runtime = mixed(made++);
        const peer = Spare.start(runtime, SCRIPT, [place, name, "block"]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      const takeOver = async (peer: Spare) => {
        peer.send("take over");
        assertEquals(await peer.next(), "working");
        return peer;
      };
      const current: Spare[] = [];
      for (const place of [...places.slice(1), places[0]]) current.push(await takeOver(await start(place)));
      current.unshift(current.pop()!); // as in places
      const failed = () =>
        `seed ${random.seed}: ${notes.slice(ERRORS, EXAMPLE + 4)} ${current.map((peer) => peer.errors)}`;
      const goesOn = (stuck: () => string) => {
        const from = pipeline.position;
        return until(() => (pipeline.position - from) >>> 0 >= GOES_ON, stuck);
      };
      for (let i = 0; i < KILLS; i++) {
        const which = random.below(places.length), next = await start(places[which]);
        const moment = new Moment(current[which], current.filter((_, other) => other !== which), 10);
        await moment.passed();
        await moment.kill();
        // Sometimes the successor is there at once, sometimes the others continue without it for a while.
        if (which !== 0 && random.below(2) === 0) {
          await goesOn(() => `the pipeline stands still without ${places[which]}, ${failed()}`);
        }
        current[which] = await takeOver(next);
        await goesOn(() => `stuck at ${pipeline.position}, ${failed()}`);
        assertEquals(notes[ERRORS], 0, failed());
      }
      current[0].kill();
      await current[0].exited;
      await until(() => pipeline.length === 0, () => `the readers do not come to the end, ${failed()}`);
      for (const peer of current.slice(1)) {
        peer.kill();
        await peer.exited;
      }
      assertEquals(notes[ERRORS], 0, failed());
      assertGreaterOrEqual(pipeline.position, GOES_ON * KILLS);
      const drops = pipeline.gates().map((gate) => gate.drops);
      assertGreater(drops.reduce((sum, n) => sum + n), 0);
      assertEquals(segment.participants().length, 1);
      console.log(
        `    ${pipeline.position} records, drops ${drops}, lost ${[0, 1, 2, 3].map((i) => notes[64 + 8 * i + 1])}`,
      );
    }));
});
