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
import { scenarioFile } from "./scenario_file.ts";

/**
 * Makes tests that explore all scenarios of some files of `scenarios/`, each with its settings, and print a summary.
 */
export async function exploreFiles(files: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  for (const file of files) {
    const program = await buildProgram(scenarioFile(file));
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
}
