import { assert, assertEquals, assertGreater } from "@std/assert";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { store } from "../../lib/atomic/mod.ts";
import { RwLock, Semaphore, SeqLock } from "../../lib/sync/mod.ts";
import { Spare } from "../../support/spare.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { judgeWaits, killAll, KILLS, type Wait } from "./kills.ts";
import { locksOf, makeTable, Words } from "./lock_table.ts";

const SCRIPT = new URL("./lock_peer.ts", import.meta.url);

interface Report {
  rounds: number;
  recovered: number;
  broken: string[];
  torn: number;
  unreadable: number;
  waits: Wait[];
}

describe(`kill -9 of ${KILLS} processes that use all locks at once`, { timeout: 120_000 + KILLS * 1000 }, () => {
  after(() => Spare.endAll());

  for (const [dying, living] of PAIRS) {
    it(`${dying} dies, ${living} lives`, async () => {
      using segment = makeTable();
      segment.create("readers", RwLock, { maxParticipants: 32 });
      segment.create("permits", Semaphore, { permits: 3 });
      segment.create("record", SeqLock, { payloadBytes: 64 });
      const stop = segment.create("stop", Words, { count: 1 });
      const survivors = [0, 1].map(() => Spare.start(living, SCRIPT, ["survivor", segment.name]));
      for (const survivor of survivors) assertEquals(await survivor.next(), "ready");

      const deaths = await killAll(dying, SCRIPT, ["victim", segment.name], survivors);
      await delay(150);
      store(stop, 0, 1);
      const reports: Report[] = [];
      for (const survivor of survivors) {
        reports.push(await survivor.next<Report>());
        survivor.kill("SIGKILL");
        await survivor.exited;
      }
      assertEquals(deaths.length, KILLS);
      const sum = (field: "rounds" | "recovered" | "torn" | "unreadable") =>
        reports.reduce((sum, report) => sum + report[field], 0);
      assertEquals(reports.flatMap((report) => report.broken), [], "the invariant is whole, or reported as ownerDied");
      assertEquals(sum("torn"), 0, "what a seqlock's reader is given is whole");
      assertGreater(sum("rounds"), KILLS);

      // Whatever they were killed at, everything can be used again.
      let recoveries = 0;
      for (const { name, lock } of locksOf(segment)) {
        assert(lock.lock({ timeoutMs: 20_000 }), `${name} is free`);
        lock.markConsistent && lock.ownerDied && lock.markConsistent();
        lock.unlock();
        recoveries += lock.stats().recoveries;
      }
      const readers = segment.open("readers", RwLock, {});
      assert(readers.lock({ timeoutMs: 20_000 }), "readers that died are counted out");
      readers.unlock();
      const permits = segment.open("permits", Semaphore, {});
      for (let i = 0; i < 3; i++) assert(permits.lock({ timeoutMs: 20_000 }), "every permit came back");
      assertGreater(recoveries, KILLS / 5, "many of them died holding a lock");

      // A living process holds a lock for a millisecond at most: a longer wait is one for a death to be noticed.
      judgeWaits(reports.flatMap((report) => report.waits), deaths);
    });
  }
});
