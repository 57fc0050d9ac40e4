import { assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Counters, Segment } from "@shmkit/shmkit";
import { deathsOf, portionsOf } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const SCRIPT = new URL("./counters_peer.ts", import.meta.url);
const KILLS = deathsOf(16);

describe("Counters between processes", { timeout: 240_000 }, () => {
  for (const [owner, reader] of PAIRS) {
    it(`${owner} counts, ${reader} reads: nothing torn, no value under another label`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        segment.create("counters", Counters, { capacity: 8 });
        const count = Peer.start(owner, SCRIPT, ["count", name]);
        assertEquals(await count.next(), "ready");
        count.send("begin");
        assertEquals(await count.next(), "counting");
        const read = Peer.start(reader, SCRIPT, ["read", name]);
        const { reads, torn, wrong, distinct } = await read.next<Record<string, number>>();
        await read.succeeded();
        count.kill();
        await count.exited;
        assertEquals({ torn, wrong }, { torn: 0, wrong: 0 });
        assertGreater(reads, 1000);
        assertGreater(distinct, 99);
      }));
  }

  it(`kill -9 of ${KILLS} owners: their counters are freed, and there is room for others`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const counters = segment.create("counters", Counters, { capacity: 3 });
      using own = counters.allocate("own");
      let made = 0;
      const start = async () => {
        const peer = Peer.start(mixed(made++), SCRIPT, ["count", name]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (const portion of portionsOf(KILLS)) {
        for (const peer of await Promise.all(Array.from({ length: portion }, start))) {
          peer.send("begin");
          assertEquals(await peer.next(), "counting"); // in the place of one that died
          await delay(Math.random() * 3);
          assertEquals(counters.find("count")?.isAlive, true);
          peer.kill();
          await peer.exited;
          assertEquals(counters.list().map(({ label }) => label), ["own"]);
          own.add();
        }
      }
      assertEquals(own.value, KILLS);
    }));
});
