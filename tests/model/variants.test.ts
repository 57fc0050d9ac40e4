import { assert } from "@std/assert";
import { after, describe, it } from "node:test";
import { buildProgram, explore, type Failure, settingInWords } from "../../support/explorer/mod.ts";
import { CHANNEL_VARIANTS } from "./channel_variants.ts";
import { CREATION_VARIANTS } from "./creation_variants.ts";
import { STRUCTURE_VARIANTS } from "./structure_variants.ts";
import { VARIANTS } from "./variants.ts";
import { scenarioFile } from "./scenario_file.ts";

const FEW_RUNS = 1000;

/**
 * A search that finds nothing proves nothing: each variant is found by its scenario, with the settings of the suite.
 */
describe("known-bad variants are found", { timeout: 600_000 }, () => {
  const found: string[] = [];

  const all = [...VARIANTS, ...CHANNEL_VARIANTS, ...STRUCTURE_VARIANTS, ...CREATION_VARIANTS];

  for (const { title, file, scenario: name, patches } of all) {
    it(`${name.replace(/:.*/, "")}: ${title}`, async () => {
      const program = await buildProgram(scenarioFile(file), patches);
      const scenario = program.scenarios.find((one) => `${one.part}: ${one.title}`.startsWith(name));
      assert(scenario !== undefined, `there is no scenario '${name}'`);
      let failure: Failure | undefined;
      // A little of each setting first: most variants show in it, whichever it is.
      const tries = [FEW_RUNS, Infinity].flatMap((mostRuns) =>
        scenario.settings.map((setting) => ({ setting, mostRuns }))
      );
      for (const { setting, mostRuns } of tries) {
        const result = explore(program, scenario, setting, { mostRuns });
        failure = result.failure;
        if (failure === undefined) continue;
        found.push(
          `${title}: ${settingInWords(setting)}, ${result.schedules + result.cut} runs: ${
            failure.message.split("\n")[0]
          }`,
        );
        break;
      }
      assert(failure !== undefined, "no schedule shows what is wrong");
      assert(!failure.message.includes("ReferenceError"), `the variant is not a program: ${failure.message}`);
    });
  }

  after(() => console.log(`${found.length} of ${all.length} known-bad variants found:\n  ${found.join("\n  ")}`));
});
