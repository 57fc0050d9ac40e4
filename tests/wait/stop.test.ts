import { assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Event, Mutex, Segment, SpscRing, WaitSet } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { BESIDE } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { until } from "../../support/until.ts";
import { after, Sample } from "./wait_sample.ts";

const SCRIPT = new URL("./wait_peer.ts", import.meta.url);

describe("a stop", () => {
  for (const runtime of BESIDE) {
    for (const strategy of ["block", "yield", "spin"] as const) {
      it(`ends a wait of a thread of ${runtime} that ${strategy}s, after it has received the records that came`, () =>
        withName(async (name) => {
          using segment = Segment.create(name, { byteLength: 2 ** 20 });
          const ring = segment.create("ring", SpscRing, { layout: Sample, capacity: 16 });
          const stop = segment.create("event", Event, {});
          const peer = Peer.start(runtime, SCRIPT, ["stop", name, 0, strategy]);
          assertEquals(await peer.next(), "ready");
          await after(100);
          using producer = ring.producer();
          for (const sequence of [1, 2, 3]) producer.push({ sequence });
          await until(() => ring.length === 0, () => `not received: ${ring.length}`);
          stop.set();
          const { received, ms } = await peer.next<{ received: number; ms: number }>();
          assertEquals(received, 3);
          assertLess(ms, 30_000); // its time would have been 60 s
          await peer.succeeded();
        }));
    }
  }

  for (const runtime of BESIDE) {
    it(`ends a wait of a thread of ${runtime} for a lock, which stays as it was`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        const mutex = segment.create("mutex", Mutex, {}), stop = segment.create("event", Event, {});
        mutex.lock();
        const peer = Peer.start(runtime, SCRIPT, ["stop locking", name]);
        assertEquals(await peer.next(), "ready");
        while (mutex.stats().waiters === 0) await after(5);
        const start = performance.now();
        stop.set();
        assertEquals(await peer.next(), false);
        assertLess(performance.now() - start, 30_000); // its time would have been 60 s
        await peer.succeeded();
        assertEquals(mutex.stats().waiters, 0);
        mutex.unlock();
        assertEquals(mutex.tryLock(), true);
      }));
  }

  it("is refused where it is not accepted, and if it is not a stop", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 18 });
    const consumer = segment.create("ring", SpscRing, { layout: Sample, capacity: 4 }).consumer();
    const stop = segment.create("stop", Event, {});
    assertThrows(() => new WaitSet([consumer]).wait({ stop }), TypeError, "only waits that block at a channel or");
    await assertRejects(() => consumer.drainAsync(() => {}, 1, { stop }), TypeError, "only waits that block");
    assertThrows(() => consumer.drainWait(() => {}, 1, { stop: 1 as never }), TypeError, "stop must be an Event");
    assertEquals(consumer.drainWait(() => {}, 1, { stop, timeoutMs: 5 }), 0);
    stop.set();
    assertEquals(consumer.drainWait(() => {}, 1, { stop }), 0);
  });
});
