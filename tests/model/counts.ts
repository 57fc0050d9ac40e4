import { buildProgram, explore } from "../../support/explorer/mod.ts";
import { scenarioFile } from "./scenario_file.ts";

/** The counts of every scenario of some files, each explored a little. */
export async function countsOf(files: readonly string[]): Promise<string[]> {
  const counts: string[] = [];
  for (const file of files) {
    const program = await buildProgram(scenarioFile(file));
    for (const scenario of program.scenarios) {
      const memory = scenario.settings.find((setting) => setting.memory !== undefined);
      for (const setting of [{ preemptions: 0, deaths: 1 }, { ...memory, preemptions: 1, delays: 1 }]) {
        const { schedules, cut, steps, states, deepest, outcomes, failure } = explore(program, scenario, setting);
        const sum = [...outcomes].reduce((sum, outcome) => (sum + outcome) % 2 ** 48, 0);
        counts.push(
          [
            scenario.part,
            scenario.title,
            schedules,
            cut,
            steps,
            states,
            deepest,
            outcomes.size,
            sum,
            failure?.message.split("\n")[0],
          ].join(),
        );
      }
    }
  }
  return counts;
}

/** The files whose counts are compared: each way to make steps is in one of them. */
export const COUNTED: readonly string[] = ["event_count", "seq_lock", "spsc_ring"];
