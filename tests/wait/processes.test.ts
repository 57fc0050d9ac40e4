import { assert, assertEquals, assertLess } from "@std/assert";
import { describe, it } from "node:test";
import { Segment, SpscRing } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { BESIDE, PAIRS, type Runtime, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { ofThreads } from "../../support/threads.ts";
import { after, Sample } from "./wait_sample.ts";

const SCRIPT = new URL("./wait_peer.ts", import.meta.url);

/** What the kernel counts of a process: the processor time that it has taken, and how often it fell asleep. */
function usage(pid: number): { cpuMs: number; sleeps: number } {
  const sleeps = ofThreads(pid, "status").map((text) => Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text)![1]));
  const times = ofThreads(pid, "schedstat").map((text) => Number(text.split(" ")[0]) / 1e6);
  const sum = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return { cpuMs: sum(times), sleeps: sum(sleeps) };
}

/**
 * What a process with a task that waits may use: on an ordinary machine it takes 0.2 % of a core and falls asleep 10
 * times a second. One that polls each millisecond sleeps 1000 times, and one that spins takes a core.
 */
const MOST = { share: 0.03, sleepsPerSecond: 60 };

/** Runs with a segment that has a ring. */
function withRing(
  capacity: number,
  use: (name: string, ring: SpscRing<typeof Sample>, segment: Segment) => Promise<void>,
): Promise<void> {
  return withName(async (name) => {
    using segment = Segment.create(name, { byteLength: 2 ** 20 });
    await use(name, segment.create("ring", SpscRing, { layout: Sample, capacity }), segment);
  });
}

async function sendThrough([producer, consumer]: readonly [Runtime, Runtime], options: {
  records: number;
  capacity: number;
  sending?: string;
  receiving?: string;
}): Promise<void> {
  const { records, capacity, sending = "", receiving = "" } = options;
  await withRing(capacity, async (name, ring) => {
    const receive = Peer.start(consumer, SCRIPT, ["consume", name, records, receiving]);
    const send = Peer.start(producer, SCRIPT, ["produce", name, records, sending]);
    assertEquals(await receive.next(), { received: records, wrong: 0, areTimersServed: true });
    assertEquals(await send.next(), "done");
    await Promise.all([send.succeeded(), receive.succeeded()]);
    assertEquals(ring.length, 0);
  });
}

describe("tasks of two processes", () => {
  for (const pair of PAIRS) {
    it(`send a million records from ${pair[0]} to ${pair[1]}: none lost, doubled or out of order`, () =>
      sendThrough(pair, { records: 1_000_000, capacity: 1024 }));
    it(`send 5,000 records from ${pair[0]} to ${pair[1]} through a ring of two, by batches`, () =>
      sendThrough(pair, { records: 5000, capacity: 2, receiving: "by batches" }));
    it(`wake each other from ${pair[0]} to ${pair[1]} after pauses of all lengths`, () =>
      sendThrough(pair, { records: 4000, capacity: 64, sending: "with pauses" }));
  }

  it("send without a thread that waits", () =>
    sendThrough([thisRuntime, thisRuntime], {
      records: 5000,
      capacity: 64,
      sending: "without threads",
      receiving: "without threads",
    }));
});

for (const runtime of BESIDE) {
  describe(`a process of ${runtime} with a task that waits`, () => {
    it("hardly wakes, hardly takes processor time, serves SIGTERM, and ends by itself", () =>
      withRing(16, async (name) => {
        const peer = Peer.start(runtime, SCRIPT, ["idle", name]);
        assertEquals(await peer.next(), "waits");
        await after(1000); // all is started
        let isLittle = false;
        const all: string[] = [];
        // Engines collect and compile for a while longer, depending on how busy the machine is.
        for (let i = 0; i < 10 && !isLittle; i++) {
          const start = performance.now(), before = usage(peer.pid);
          await after(1500);
          const { cpuMs, sleeps } = usage(peer.pid), ms = performance.now() - start;
          const share = (cpuMs - before.cpuMs) / ms, sleepsPerSecond = (sleeps - before.sleeps) * 1000 / ms;
          isLittle = share < MOST.share && sleepsPerSecond < MOST.sleepsPerSecond;
          all.push(`${share} of a core, ${sleepsPerSecond} sleeps a second`);
        }
        peer.kill("SIGTERM");
        assertEquals(await peer.next(), "SIGTERM");
        await peer.succeeded();
        assert(isLittle, all.join("; "));
      }));

    for (const when of ["starting", "started"]) {
      it(`exits at once, its thread ${when}`, () =>
        withRing(16, async (name) => {
          const peer = Peer.start(runtime, SCRIPT, ["exit", name, 0, when]);
          assertEquals(await peer.exited, { code: 7, signal: null });
        }));
    }

    it("ends its thread when no task has waited for a while, and when the last segment is closed", () =>
      withRing(16, async (name) => {
        const peer = Peer.start(runtime, SCRIPT, ["threads", name]);
        for (const threads of [1, 0, 1, 0]) assertEquals(await peer.next(), threads);
        const { endedAfterMs } = await peer.next() as { endedAfterMs: number };
        assertLess(endedAfterMs, 900, "after the close it stayed as long as an unused thread does");
        await peer.succeeded();
      }));

    it("ends its thread with its program, though the process goes on", () =>
      withRing(16, async (name) => {
        const peer = Peer.start(runtime, SCRIPT, ["program ends", name]);
        for (const threads of [1, 0]) assertEquals(await peer.next(), threads);
        await peer.succeeded();
      }));

    it("is killed, and leaves the records it was given to its successor", () =>
      withRing(16, async (name, ring) => {
        using producer = ring.producer();
        for (let sequence = 0; sequence < 3; sequence++) {
          const peer = Peer.start(runtime, SCRIPT, ["receive", name]);
          assertEquals(await peer.next(), "ready");
          producer.push({ sequence });
          assertEquals(await peer.next(), sequence);
          peer.kill();
          await peer.exited;
          using consumer = ring.consumer(); // however much of it was received and not freed
          while (consumer.shift(Sample.alloc()));
        }
      }));
  });
}
