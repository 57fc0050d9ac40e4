import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { add, store } from "../../lib/atomic/mod.ts";
import { isSoak } from "../../support/kills.ts";
import { Spare } from "../../support/spare.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";
import { judgeWaits, killAll, KILLS, type Wait } from "./kills.ts";
import { LEFT, MADE, makeParts, ONCES, partsOf, PASSED, RUNS, SETS, STOP, TAKEN } from "./parts_table.ts";

const SCRIPT = new URL("./kill_parts_peer.ts", import.meta.url);

interface Report {
  rounds: number;
  problems: string[];
  waits: Wait[];
}

describe(`kill -9 of ${KILLS} processes within a once, a condition, an event and a barrier`, {
  timeout: 120_000 + KILLS * 1000,
}, () => {
  after(() => Spare.endAll());

  for (const [dying, living] of PAIRS) {
    it(`${dying} dies, ${living} lives`, async () => {
      using segment = makeParts();
      const { words, mutex, made, event, barrier, onceAt } = partsOf(segment);
      const roles = [["meet", 0], ["meet", 1], ["take", 0], ["pass", 0], ["wake", 0]] as const;
      const survivors = roles.map(([what, side]) => Spare.start(living, SCRIPT, [what, segment.name, side]));
      for (const survivor of survivors) assertEquals(await survivor.next(), "ready");
      const deaths = await killAll(dying, SCRIPT, ["victim", segment.name], survivors);
      await delay(150);
      const before = words[MADE];
      await until(() => words[MADE] > before, () => "the survivors do not go on when all victims are dead");
      store(words, STOP, 1);
      made.broadcast();
      add(words, SETS, 1); // as every setter does
      event.set();
      const reports: Report[] = [];
      for (const survivor of survivors) {
        reports.push(await survivor.next<Report>());
        survivor.kill();
        await survivor.exited;
      }
      assertEquals(deaths.length, KILLS);
      assertEquals(reports.flatMap(({ problems }) => problems), [], "nothing is broken that is not reported");

      assert(mutex.lock({ timeoutMs: 20_000 }));
      if (mutex.ownerDied) mutex.markConsistent();
      else assertEquals(words[MADE], words[TAKEN] + words[LEFT]);
      mutex.unlock();
      assertGreater(words[PASSED], 0);
      assertLessOrEqual(words[PASSED], words[SETS]);
      let done = 0, inOnce = 0;
      for (let i = 0; i < ONCES && onceAt(i).isDone; i++, done++) {
        inOnce += onceAt(i).stats().recoveries;
        assertEquals([words[RUNS + 2 * i], words[RUNS + 2 * i + 1]], [1, 1], `once ${i}`);
      }
      const { rounds, recoveries: heirs } = barrier.stats();
      console.log(
        `${done} onces, ${inOnce} of them taken over; ${rounds} rounds with ${heirs} heirs; ${words[TAKEN]} items; ${
          words[PASSED]
        } of ${words[SETS]} settings`,
      );
      // A third do; a tenth in a soak, where many processes want the processors.
      assertGreater(inOnce, KILLS / (isSoak ? 20 : 10), "many died within a once");
      assertGreater(heirs, KILLS / 10, "many died as a party of the barrier");
      assertGreater(rounds, 0);
      judgeWaits(reports.flatMap(({ waits }) => waits), deaths);
    });
  }
});
