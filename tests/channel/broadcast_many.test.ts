import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AlreadyOwnerError, f64, Region, Segment, SegmentFormatError, struct } from "@shmkit/shmkit";
import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { Entry } from "./broadcast_many_peer.ts";
import { ERRORS, EXAMPLE, Notes } from "./spsc_ring_sample.ts";

const SCRIPT = new URL("./broadcast_many_peer.ts", import.meta.url);
const KILLS = deathsOf(60);
const Tick = struct("Tick", { price: f64 });

describe("a Broadcast with many writers", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  besideSoak("lets them take turns, a batch at a time", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 16 });
    using two = Segment.open(one.name);
    const here = one.create("ticks", Broadcast, { layout: Tick, capacity: 8, writers: "many" });
    const there = two.open("ticks", Broadcast, { layout: Tick }), reader = here.reader();
    const a = here.writer(), b = there.writer(), prices: number[] = [];
    for (let i = 0; i < 5; i++) {
      a.push({ price: i });
      b.claim().price = i + 10;
      b.claim().price = i + 20;
      b.publish();
      assertThrows(() => a.push({ price: "" as unknown as number }), TypeError); // gives its turn back
      b.claim();
      b.abort();
    }
    reader.drain((tick) => void prices.push(tick.price));
    assertEquals(prices, [12, 22, 3, 13, 23, 4, 14, 24]);
    assertEquals([here.position, reader.lost + prices.length, a.position, b.position], [15, 15, 15, 15]);
    for (let i = 0; i < 4; i++) a.claim();
    assertThrows(() => a.claim(), RangeError, "at most 4");
    assertThrows(() => here.writer().claim(), AlreadyOwnerError, "the turn of 'ticks'");
    a.close(); // gives the turn back
    b.push({ price: 1 });
    assertEquals(here.position, 16);
  });

  besideSoak("is one because it was made so", () => {
    const options = { layout: Tick, capacity: 4, writers: "many" as const };
    const region = Region.over(new SharedArrayBuffer(Broadcast.byteLength(options)));
    Broadcast.init(region, options);
    assertThrows(
      () => Broadcast.attach(region, { layout: Tick, writers: "one" }),
      SegmentFormatError,
      `'writers' must be "many"`,
    );
    assertThrows(() => Broadcast.byteLength({ ...options, writers: "few" as "many" }), TypeError, '"one" or "many"');
    region.views.u32[2] = 2;
    assertThrows(() => Broadcast.attach(region, { layout: Tick }), SegmentFormatError, "at most 1: found 2");
  });

  for (const [writers, readers] of PAIRS) {
    besideSoak(
      `three of ${writers} write, two of ${readers} read: order, no loss without a report, no tear`,
      () =>
        withName(async (name) => {
          const EACH = 200_000;
          using segment = Segment.create(name, { byteLength: 2 ** 22 });
          segment.create("entries", Broadcast, { layout: Entry, capacity: 65_536, writers: "many" });
          const notes = segment.create("notes", Notes, {});
          const reading = [0, 1].map((i) => Peer.start(readers, SCRIPT, ["read", name, i, 3 * EACH]));
          for (const peer of reading) assertEquals(await peer.next(), "reading");
          const writing = [0, 1, 2].map((i) => Peer.start(writers, SCRIPT, ["write", name, i, EACH]));
          for (const peer of writing) {
            assertEquals(await peer.next(), "writing");
            assertEquals(await peer.next(), "done");
          }
          for (const peer of reading) {
            const { received, lost, last } = await peer.next<{ received: number; lost: number; last: number[] }>();
            assertEquals(received + lost, 3 * EACH);
            if (lost === 0) assertEquals(last.slice(0, 3), [EACH, EACH, EACH]);
          }
          assertEquals(notes[ERRORS], 0, `${notes.slice(ERRORS, EXAMPLE + 4)}`);
          for (const peer of [...reading, ...writing]) {
            peer.send("end");
            await peer.succeeded();
          }
        }),
    );
  }

  it(`kill -9 of one of three writers, ${KILLS} times: the others continue, and all published records are read`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 22 });
      const broadcast = segment.create("entries", Broadcast, { layout: Entry, capacity: 65_536, writers: "many" });
      const notes = segment.create("notes", Notes, {}), random = new Random(Date.now()), reader = broadcast.reader();
      const last = new Float64Array(3);
      let made = 0, compared = 0;
      const start = async (index: number) => {
        const runtime = mixed(made++);
        const peer = Spare.start(runtime, SCRIPT, ["succeed", name, index]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      const begin = async (peer: Spare) => {
        peer.send("begin");
        assertEquals(await peer.next(), "writing");
        return peer;
      };
      const read = () =>
        reader.drain(({ writer, count, twice }) => {
          assert(twice === count * 2 && count > last[writer], `seed ${random.seed}: ${[writer, count, last[writer]]}`);
          last[writer] = count;
        }, 65_536);
      const peers = await Promise.all([0, 1, 2].map(start));
      await Promise.all(peers.map(begin));
      for (let i = 0; i < KILLS; i++) {
        const which = random.below(3), next = await start(which);
        const moment = new Moment(peers[which], peers.filter((_, other) => other !== which), 8);
        while (moment.goesOn()) read();
        read();
        const { lost } = reader;
        // On a busy machine it takes long until the end is noticed, and the others fill the ring meanwhile.
        let isDead = false;
        const death = moment.kill().then(() => isDead = true);
        while (!isDead) {
          read();
          await delay(0);
        }
        await death;
        read();
        if (reader.lost === lost) {
          compared++;
          // Each record for which publish had returned was published.
          assert(last[which] >= notes[80 + which], `seed ${random.seed}: ${last[which]} ${notes[80 + which]}`);
        }
        const before = broadcast.position;
        for (const limit = performance.now() + 20_000; broadcast.position - before < 100; read()) {
          assert(performance.now() < limit, `the others stand still, seed ${random.seed}`);
        }
        // No writer uses a count again that was noted and not published: the successor continues after it.
        peers[which] = await begin(next);
      }
      for (const peer of peers) {
        peer.kill();
        await peer.exited;
      }
      while (read() > 0);
      assertEquals(reader.position, broadcast.position);
      assertGreater(compared, 0);
    }));
});
