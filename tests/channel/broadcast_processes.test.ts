import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { startBroadcastAt } from "./broadcast_sample.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";
import { Raw } from "./spsc_ring_sample.ts";

const SCRIPT = new URL("./broadcast_peer.ts", import.meta.url);
/** Records that are written by each writer, and after each death of a reader, however long that takes. */
const GOES_ON = 200;
const KILLS = deathsOf(120), READER_KILLS = deathsOf(30);

/** What a reader saw. */
interface Seen {
  readonly received: number;
  readonly lost: number;
}

/** Makes a broadcast that has seen `start` records. */
function create(segment: Segment, capacity: number, start: number): Broadcast<typeof Sample> {
  const broadcast = segment.create("samples", Broadcast, { layout: Sample, capacity });
  startBroadcastAt(segment.open("samples", { kind: "Broadcast", ...Raw }, {}), start);
  return broadcast;
}

describe("Broadcast between processes", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  for (const [writer, reader] of PAIRS) {
    for (const [capacity, records] of [[4096, 10_000_000], [2, 1_000_000], [3, 1_000_000]]) {
      besideSoak(
        `${writer} writes ${records} records, two of ${reader} lag by up to ${capacity}, past 2^32: losses exact`,
        () =>
          withName(async (name) => {
            using segment = Segment.create(name, { byteLength: 2 ** 20 });
            const start = 2 ** 32 - 500_000, end = start + records;
            const broadcast = create(segment, capacity, start);
            // The oldest records were never written, and are not whole: the readers begin before there are any.
            const write = Peer.start(writer, SCRIPT, ["write", name]);
            assertEquals(await write.next(), "ready");
            const first = broadcast.writer();
            for (let i = 0; i < capacity; i++) {
              fill(first.claim(), start + i);
              first.publish();
            }
            first.close();
            const readers = ["read", "watch"].map((what) => Peer.start(reader, SCRIPT, [what, name, end]));
            for (const peer of readers) assertEquals(await peer.next(), "reading");
            write.send(end);
            assertEquals(await write.next(), "writing");
            for (const peer of readers) {
              const { received, lost, ...seen } = await peer.next<Seen>();
              assertEquals(seen as unknown, { torn: 0, wrong: 0, isAll: true, reachedEnd: true });
              assertEquals(received + lost, records);
              assertGreater(received, capacity); // lapped readers of 2 records get few
              await peer.succeeded();
            }
            await write.succeeded();
          }),
      );
    }
  }

  it(`kill -9 of the writer, ${KILLS} times: nothing published is lost or torn, and the stream continues`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 22 });
      const broadcast = create(segment, 16_384, 0);
      const reader = broadcast.reader();
      let next = 0, torn = 0, wrong = 0;
      const read = () => {
        reader.drain((record) => {
          if (!isWhole(record)) torn++;
          if (record.sequence !== reader.position - 1 || record.sequence < next) wrong++;
          next = record.sequence + 1;
        });
      };
      let made = 0;
      const start = async () => {
        const peer = Spare.start(mixed(made++), SCRIPT, ["write", name]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (let i = 0; i < KILLS; i++) {
        const peer = await start(), before = broadcast.position;
        peer.send(2 ** 50);
        assertEquals(await peer.next(), "writing");
        for (const limit = performance.now() + 20_000; broadcast.position < before + GOES_ON; read()) {
          assert(performance.now() < limit, "the writer does not begin");
        }
        const moment = new Moment(peer, [], 10);
        while (moment.goesOn()) read();
        await moment.kill();
        const position = broadcast.position;
        for (let j = 0; j < 4; j++) read();
        assertEquals([broadcast.position, reader.position, next, torn, wrong], [position, position, position, 0, 0]);
      }
      assertGreaterOrEqual(reader.position, GOES_ON * KILLS);
      assertEquals(segment.participants().length, 1);
    }));

  it(`kill -9 of readers, ${READER_KILLS} times: no other process notices`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      create(segment, 64, 0);
      const write = Spare.start(thisRuntime, SCRIPT, ["write", name]);
      assertEquals(await write.next(), "ready");
      write.send(2 ** 50);
      assertEquals(await write.next(), "writing");
      const broadcast = segment.open("samples", Broadcast, { layout: Sample });
      for (let i = 0; i < READER_KILLS; i++) {
        const peer = Spare.start(mixed(i >> 1), SCRIPT, [i % 2 === 0 ? "read" : "watch", name, 2 ** 50]);
        assertEquals(await peer.next(), "reading");
        const moment = new Moment(peer, [write], 5);
        await moment.passed();
        await moment.kill();
        const before = broadcast.position;
        for (const limit = performance.now() + 20_000; broadcast.position < before + GOES_ON;) {
          assert(performance.now() < limit, "the writer stands still");
        }
      }
      write.kill();
      await write.exited;
    }));
});
