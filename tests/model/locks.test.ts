import { assert } from "@std/assert";
import { after, describe, it } from "node:test";
import {
  buildProgram,
  explore,
  failureInWords,
  type Row,
  settingInWords,
  summary,
} from "../../support/explorer/mod.ts";

/** The files of `scenarios/` that are about locks. */
const FILES = [
  "barrier",
  "condition",
  "event",
  "event_count",
  "exclusion",
  "histories",
  "mutex",
  "once",
  "rw_lock",
  "semaphore",
  "seq_lock",
];

/**
 * What the explorer reports of the locks as they are, in its own words, by the titles of scenarios. None of it is mended, and
 * its causes are not known: a lock may be at fault, or what the scenario asks of it.
 */
const OPEN_FINDINGS: Readonly<Record<string, string>> = {
  "EventCount: one waits twice": "nobody wakes waiter0: only a look after 40 ms would help",
  "EventCount: one waits twice for what is published": "nobody wakes waiter0: only a look after 40 ms would help",
  "Event: two take turns by two that let one through": "nobody wakes ann: only a look after 40 ms would help",
  "TicketLock: two take it twice": "it is not at rest",
  "TicketLock: one takes it, one tries, one waits a while": "nobody wakes ann: only a look after 40 ms would help",
  "TicketLock: a history of taking, trying and giving back": "fails with 2 preemptions, and with 1 and a death",
};

const rows: Row[] = [];

for (const file of FILES) {
  const program = await buildProgram(`tests/model/scenarios/${file}.ts`);
  describe(`every schedule of scenarios/${file}.ts`, { timeout: 600_000 }, () => {
    for (const scenario of program.scenarios) {
      for (const setting of scenario.settings) {
        const finding = OPEN_FINDINGS[`${scenario.part}: ${scenario.title}`];
        const skip = finding === undefined ? false : `reported, and not understood yet: ${finding}`;
        it(`${scenario.part}: ${scenario.title}: ${settingInWords(setting)}`, { skip }, () => {
          const result = explore(program, scenario, setting);
          if (result.failure !== undefined) throw new Error(failureInWords(file, scenario, setting, result.failure));
          assert(result.isWhole && result.schedules > 1);
          rows.push({ scenario, setting, result });
        });
      }
    }
  });
}

after(() => console.log(summary(rows).join("\n")));
