/**
 * A process that explores what it is sent, for `bun run prove --goal`.
 *
 * @module
 */
import process from "node:process";
import { buildProgram, explore, failureInWords, type Program } from "../../support/explorer/mod.ts";
import { orders, report } from "../../support/in_peer.ts";
import { scenarioFile } from "../../tests/model/scenario_file.ts";
import { type GoalAnswer, type GoalOrder, processorMs } from "./goal.ts";

let built: { file: string; program: Program } | undefined;

for await (const order of orders<GoalOrder>()) {
  const { file } = order, begin = processorMs();
  if (built?.file !== file) built = { file, program: await buildProgram(scenarioFile(file)) };
  const { program } = built, source = program.sourceHash();
  let answer: Omit<GoalAnswer, "source">;
  try {
    answer = exploreOne(program, order);
  } catch (error) {
    if (!(error instanceof RangeError && /memory|allocation|maximum size/i.test(error.message))) throw error;
    const nothing = { actors: 0, schedules: 0, cut: 0, deathPoints: 0, deepest: 0 };
    answer = { counts: { ...nothing, ms: processorMs() - begin, ranOut: "memory" } };
  }
  report({ ...answer, source } satisfies GoalAnswer);
}
process.exit(0);

function exploreOne(
  program: Program,
  { file, part, title, setting, limitMs, mostStates }: GoalOrder,
): Omit<GoalAnswer, "source"> {
  const scenario = program.scenarios.find((one) => one.part === part && one.title === title)!;
  const { actors, schedules, cut, deathPoints, deepest, ms, ranOut, failure } = explore(program, scenario, setting, {
    now: processorMs,
    limitMs,
    mostStates,
    leavesOutcomes: true,
  });
  const counts = { actors, schedules, cut, deathPoints, deepest, ms, ranOut };
  return { counts, failure: failure === undefined ? undefined : failureInWords(file, scenario, setting, failure) };
}
