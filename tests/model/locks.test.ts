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

const rows: Row[] = [];

for (const file of FILES) {
  const program = await buildProgram(`tests/model/scenarios/${file}.ts`);
  describe(`every schedule of scenarios/${file}.ts`, { timeout: 600_000 }, () => {
    for (const scenario of program.scenarios) {
      for (const setting of scenario.settings) {
        it(`${scenario.part}: ${scenario.title}: ${settingInWords(setting)}`, () => {
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
