import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { store } from "../../lib/atomic/mod.ts";
import { RwLock, Semaphore, SeqLock } from "../../lib/sync/mod.ts";
import { Peer } from "../support/peer.ts";
import { PAIRS } from "../support/runtimes.ts";
import { locksOf, makeTable, Words } from "./lock_table.ts";

const SCRIPT = new URL("./lock_peer.ts", import.meta.url);

/** Victims of each pair; `SHMKIT_SOAK=1000` asks for more. */
const KILLS = Number(process.env.SHMKIT_SOAK ?? 45);
/** Victims that run, or start up, at a time. */
const AT_ONCE = 3;

interface Report {
  rounds: number;
  recovered: number;
  broken: string[];
  torn: number;
  unreadable: number;
  waits: number[];
}

describe(`kill -9 of ${KILLS} processes that use all locks at once`, { timeout: 120_000 + KILLS * 1000 }, () => {
  for (const [dying, living] of PAIRS) {
    it(`${dying} dies, ${living} lives`, async () => {
      using segment = makeTable();
      segment.create("readers", RwLock, { maxParticipants: 32 });
      segment.create("permits", Semaphore, { permits: 3 });
      segment.create("record", SeqLock, { payloadBytes: 64 });
      const stop = segment.create("stop", Words, { count: 1 });
      const survivors = [0, 1].map(() => Peer.start(living, SCRIPT, ["survivor", segment.name]));
      for (const survivor of survivors) assertEquals(await survivor.next(), "ready");

      let killed = 0, started = 0;
      const kill = async () => {
        while (started < KILLS) {
          started++;
          const victim = Peer.start(dying, SCRIPT, ["victim", segment.name]);
          await victim.next();
          await delay(Math.random() * 12);
          victim.kill("SIGKILL");
          const { signal } = await victim.exited;
          if (signal === "SIGKILL") killed++;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, kill));
      await delay(150);
      store(stop, 0, 1);
      const reports: Report[] = [];
      for (const survivor of survivors) {
        reports.push(await survivor.next<Report>());
        survivor.kill("SIGKILL");
        await survivor.exited;
      }
      assertEquals(killed, KILLS);
      const sum = (field: "rounds" | "recovered" | "torn" | "unreadable") =>
        reports.reduce((sum, report) => sum + report[field], 0);
      assertEquals(reports.flatMap((report) => report.broken), [], "the invariant is whole, or reported as ownerDied");
      assertEquals(sum("torn"), 0, "what a seqlock's reader is given is whole");
      assertGreater(sum("rounds"), KILLS);

      // Whatever they were killed at, everything can be used again.
      let recoveries = 0;
      for (const { name, lock } of locksOf(segment)) {
        assert(lock.lock({ timeoutMs: 10_000 }), `${name} is free`);
        lock.markConsistent && lock.ownerDied && lock.markConsistent();
        lock.unlock();
        recoveries += lock.stats().recoveries;
      }
      const readers = segment.open("readers", RwLock, {});
      assert(readers.lock({ timeoutMs: 10_000 }), "readers that died are counted out");
      readers.unlock();
      const permits = segment.open("permits", Semaphore, {});
      for (let i = 0; i < 3; i++) assert(permits.lock({ timeoutMs: 10_000 }), "every permit came back");
      assertGreater(recoveries, KILLS / 5, "many of them died holding a lock");

      // Nobody that lives holds a lock for more than a millisecond: who waits longer, waits for a death to be noticed.
      const waits = reports.flatMap((report) => report.waits).sort((a, b) => a - b);
      // A machine on which processes start and die all the time delays some of them by itself, so the middle one counts.
      const slow = waits.filter((wait) => wait > 100).length;
      console.log(
        `waits for a death: ${waits.length}, of more than 100 ms: ${slow}, the longest ${waits.slice(-3)} ms`,
      );
      if (waits.length > 0) assertLessOrEqual(waits[waits.length >> 1], 100, `waits: ${waits}`);
    });
  }
});
