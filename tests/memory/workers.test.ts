import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Segment, SegmentStateError } from "@shmkit/shmkit";
import { sharedDescriptors } from "../../support/descriptors.ts";
import { Peer } from "../../support/peer.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const THREAD = new URL("./worker_thread.ts", import.meta.url);
const SCRIPT = new URL("./workers_peer.ts", import.meta.url);

/** Starts a Worker that attaches to a segment, and terminates it. Its thread ends some time after that. */
async function terminated(name: string): Promise<void> {
  const worker = new Worker(THREAD, { workerData: { name } });
  const { tid } = await new Promise<{ tid: number }>((resolve) =>
    worker.once("message", () => {
      using segment = Segment.open(name, { readOnly: true });
      resolve(segment.participants().find(({ role }) => role === "worker")!);
    })
  );
  await worker.terminate();
  while (readdirSync("/proc/self/task").includes(String(tid))) await delay(1);
}

describe("a Worker that was terminated", { timeout: 240_000 }, () => {
  it("is no participant any more, and its process uses its slot and its descriptor again", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 65_536, maxParticipants: 2, role: "test" });
      const ids = new Set<number>();
      let descriptors = 0;
      for (let round = 0; round < 6; round++) {
        await terminated(name);
        assertEquals(segment.participants().map(({ role }) => role), ["test"]);
        using next = Segment.open(name, { role: "next" });
        assertEquals(segment.participants().map(({ role }) => role), ["test", "next"]);
        ids.add(next.participants()[1].id);
        const open = sharedDescriptors();
        if (round === 2) descriptors = open;
        if (round > 2) assertEquals(open <= descriptors, true, `${open} descriptors after ${descriptors}`);
      }
      assertEquals(ids.size, 6);
    }));

  for (const [here, there] of PAIRS.filter(([here, there]) => here !== there)) {
    it(`in ${here} is none for ${there} either, which cannot have its slot, and is refused with that reason`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 65_536, maxParticipants: 3, role: "test" });
        const peer = Peer.start(here, SCRIPT, [name]);
        assertEquals(await peer.next(), "terminated");
        assertEquals(segment.participants().map(({ role }) => role), ["test", "main"]);
        const other = Peer.start(there, new URL("./races_peer.ts", import.meta.url), ["attach", name]);
        const { signal } = await (async () => {
          const attached = await other.next().then(() => true, () => false);
          assertEquals(attached, false);
          return other.exited;
        })();
        assertEquals(signal, null);
        assertMatch(other.errors, /at most 3 may be attached at once, 1 of them by Workers that were terminated/);
        const error = assertThrows(() => Segment.open(name), SegmentStateError, "1 of them by Workers");
        assertEquals(error.code, "FULL");
        peer.kill();
        await peer.exited;
        Segment.open(name).close();
      }));
  }
});
