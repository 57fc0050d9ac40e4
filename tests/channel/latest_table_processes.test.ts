import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { LatestTable, Segment } from "@shmkit/shmkit";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { exists, withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { isWhole, Sample, START_VERSIONS, startAt } from "./latest_table_sample.ts";

const SCRIPT = new URL("./latest_table_peer.ts", import.meta.url);
const KILLS = deathsOf(120);
/** Values that each writer writes to each row before it dies, however long that takes. */
const EACH = 20;

/** What a reader saw. */
interface Seen {
  readonly reads: number;
  readonly torn: number;
  readonly backwards: number;
  readonly distinct: number;
}

describe("LatestTable between processes", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  for (const [writer, reader] of PAIRS) {
    besideSoak(
      `${writer} writes at full speed, ${reader} reads: nothing torn, nothing backwards, past 2^31 and 2^32`,
      () =>
        withName(async (name) => {
          using segment = Segment.create(name, { byteLength: 2 ** 20 });
          for (const versions of [2, 8]) {
            const table = segment.create(`samples ${versions}`, LatestTable, { layout: Sample, rows: 4, versions });
            START_VERSIONS.forEach((version, row) => startAt(segment, `samples ${versions}`, row, version, versions));
            const write = Peer.start(writer, SCRIPT, ["write", name, versions]);
            assertEquals(await write.next(), "writing");
            const read = Peer.start(reader, SCRIPT, ["read", name, versions]);
            const { reads, torn, backwards, distinct } = await read.next<Seen>();
            await read.succeeded();
            const written = () => START_VERSIONS.map((start, row) => table.version(row) - start);
            await until(() => written().every((count) => count >= 1000), () => `too little is written: ${written()}`);
            write.kill();
            await write.exited;
            assertEquals({ torn, backwards }, { torn: 0, backwards: 0 });
            assertGreater(reads, 10_000);
            assertGreater(distinct, 100, "the reader saw too few different records");
            assert(table.version(1) > 2 ** 32 && table.version(0) > 2 ** 31, "the counters did not pass 2^31 and 2^32");
          }
        }),
    );
  }

  it(`kill -9 of the writer, ${KILLS} times: no torn value, none lost, the role taken over, nothing left`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const table = segment.create("samples 2", LatestTable, { layout: Sample, rows: 4 });
      const sample = Sample.alloc();
      const last = [0, 0, 0, 0], versions = [0, 0, 0, 0];
      const look = () => {
        for (let row = 0; row < 4; row++) {
          if (!table.read(row, sample)) continue;
          assert(isWhole(sample), `torn: ${JSON.stringify(Sample.toObject(sample))}`);
          assertGreaterOrEqual(sample.sequence, last[row], "a value went backwards");
          last[row] = sample.sequence;
          const version = table.version(row);
          assertGreaterOrEqual(version, versions[row]);
          versions[row] = version;
        }
      };
      let made = 0;
      const start = async () => {
        const peer = Spare.start(mixed(made++), SCRIPT, ["succeed", name]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (let i = 0; i < KILLS; i++) {
        const peer = await start(), before = [...versions];
        peer.send("take over");
        assertEquals(await peer.next(), "writing");
        for (
          const limit = performance.now() + 20_000;
          versions.some((version, row) => version < before[row] + EACH);
          look()
        ) {
          assert(performance.now() < limit, `the writer does not write to all rows: ${versions}, from ${before}`);
        }
        const moment = new Moment(peer, [], 5);
        while (moment.goesOn()) look();
        const death = moment.kill();
        for (let j = 0; j < 20; j++) look();
        await death;
        look();
        const end = [...last];
        look();
        assertEquals(last, end, "a dead writer's table changed");
      }
      assertEquals(segment.participants().length, 1);
      assert(last.every((sequence) => sequence >= EACH * KILLS), `too little was written: ${last}`);
      // The test's process can write, too.
      table.writer().write(0, sample);
      segment.close();
      Segment.unlink(name);
      assertEquals(exists(name), false);
    }));

  besideSoak("works for the threads of one process, without FFI and without a permission", async () => {
    for (const runtime of ["deno", "bun"] as const) {
      const script = new URL("./worker_peer.ts", import.meta.url);
      const peer = Peer.start(runtime, script, [], {}, { permissions: ["--allow-read=."] });
      assertEquals(await peer.next(), { torn: 0, backwards: 0, enough: true });
      // Left to end by itself, one in some hundreds of Deno 2.9's processes with a Worker crashes in a thread of V8's.
      peer.kill();
      await peer.exited;
    }
  });
});
