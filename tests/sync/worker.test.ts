import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { setTimeout as delay } from "node:timers/promises";
import { Peer } from "../../support/peer.ts";
import { BESIDE, thisRuntime } from "../../support/runtimes.ts";
import { locksOf, makeTable } from "./lock_table.ts";

const PEER = new URL("./lock_peer.ts", import.meta.url);

describe("a Worker that is terminated with a lock held", { timeout: 240_000 }, () => {
  it("counts as dead, here and in another process", async () => {
    using segment = makeTable();
    const { lock } = locksOf(segment, ["mutex"])[0];
    for (const other of [undefined, ...BESIDE]) {
      const worker = new Worker(new URL("./worker_peer.ts", import.meta.url), { workerData: { name: segment.name } });
      await new Promise((resolve) => worker.once("message", resolve));
      assertEquals(lock.tryLock(), false, thisRuntime);
      await delay(60);
      assertEquals(lock.stats().owner?.isAlive, true);
      await worker.terminate();
      if (other === undefined) {
        assertEquals(lock.lock({ timeoutMs: 20_000 }), true);
        assertEquals(lock.ownerDied, true);
        lock.markConsistent?.();
        lock.unlock();
      } else {
        const peer = Peer.start(other, PEER, ["take", segment.name, "mutex"]);
        assertEquals(await peer.next(), "ready");
        assertEquals((await peer.next<{ ownerDied: boolean }>()).ownerDied, true);
        await peer.succeeded();
      }
    }
  });
});
