/**
 * A process that explores what it is told to, for `bun run prove --goal`: one that runs out of memory takes nothing
 * else along.
 *
 * @module
 */
import process from "node:process";
import { buildProgram, explore, failureInWords, type Program } from "../../support/explorer/mod.ts";
import { tell, told } from "../../support/in_peer.ts";
import { scenarioFile } from "../../tests/model/scenario_file.ts";
import { type GoalAnswer, type GoalOrder, processorMs } from "./goal.ts";

let built: { file: string; program: Program } | undefined;

for await (const { file, part, title, setting, limitMs, mostStates } of told<GoalOrder>()) {
  if (built?.file !== file) built = { file, program: await buildProgram(scenarioFile(file)) };
  const { program } = built, scenario = program.scenarios.find((one) => one.part === part && one.title === title)!;
  const { actors, schedules, cut, deathPoints, deepest, ms, ranOut, failure } = explore(program, scenario, setting, {
    now: processorMs,
    limitMs,
    mostStates,
    leavesOutcomes: true,
  });
  const counts = { actors, schedules, cut, deathPoints, deepest, ms, ranOut };
  tell(
    {
      counts,
      failure: failure === undefined ? undefined : failureInWords(file, scenario, setting, failure),
    } satisfies GoalAnswer,
  );
}
process.exit(0);
