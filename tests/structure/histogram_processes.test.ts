import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Histogram, Segment } from "@shmkit/shmkit";
import { wordsOf } from "../../lib/structure/shared/long_count.ts";
import { deathsOf, portionsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const SCRIPT = new URL("./histogram_peer.ts", import.meta.url);
const KILLS = deathsOf(16);

/** A histogram of two recorders, of which every count is about to pass 2^31. */
function makeNear(segment: Segment): Histogram {
  const histogram = segment.create("latencies", Histogram, { highest: 1e6, digits: 2, recorders: 2 });
  const raw = {
    kind: "Histogram",
    byteLength: () => 8,
    init: () => {},
    attach: (region: { views: { i32: Int32Array } }) => region.views.i32,
  };
  const words = segment.open("latencies", raw, {});
  for (let i = 0; i < 100; i++) [words[64 + i * 2], words[64 + i * 2 + 1]] = wordsOf(2 ** 31 - 1000);
  return histogram;
}

describe("Histogram between processes", { timeout: 240_000 }, () => {
  for (const [recorder, reader] of PAIRS) {
    it(`two in ${recorder} record, ${reader} reads past 2^31: no count goes back`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 20 });
        const histogram = makeNear(segment);
        const recorders = [0, 1].map(() => Peer.start(recorder, SCRIPT, ["record", name]));
        for (const peer of recorders) assertEquals(await peer.next(), "ready");
        for (const peer of recorders) peer.send("begin");
        for (const peer of recorders) assertEquals(await peer.next(), "recording");
        const read = Peer.start(reader, SCRIPT, ["read", name]);
        const { reads, backwards, recorded } = await read.next<Record<string, number>>();
        await read.succeeded();
        for (const peer of recorders) {
          peer.kill();
          await peer.exited;
        }
        assertEquals(backwards, 0);
        assertGreater(reads, 10);
        assertGreater(recorded, 10_000);
        assertGreater(histogram.read().countAt(0), 2 ** 31);
      }));
  }

  it(`kill -9 of ${KILLS} recorders: each value was counted once, or not at all`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const histogram = segment.create("latencies", Histogram, { highest: 1e6, digits: 2 }), last = histogram.read();
      let made = 0;
      const start = async () => {
        const peer = Peer.start(mixed(made++), SCRIPT, ["record", name]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (const portion of portionsOf(KILLS)) {
        for (const peer of await Promise.all(Array.from({ length: portion }, start))) {
          peer.send("begin");
          assertEquals(await peer.next(), "recording");
          await delay(Math.random() * 3);
          peer.kill();
          await peer.exited;
          const now = histogram.read(), added = now.clone();
          added.subtract(last);
          // In order, so the counts of this one differ by one, and there is one step in them.
          const counts = Array.from({ length: 100 }, (_, i) => added.countAt(i));
          const steps = counts.filter((count, i) => i > 0 && count !== counts[i - 1]).length;
          assert(steps <= 1 && counts[0] - counts[99] <= 1 && counts[0] >= counts[99], `${counts}`);
          histogram.read(last);
          assertEquals(last.total, now.total, "a dead recorder's counts changed");
        }
      }
      assertGreater(last.total, KILLS * 100);
    }));
});
