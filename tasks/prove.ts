/**
 * Explores the schedules of locks and channels, deeper than the tests have time for. See docs/proof.md.
 *
 *     bun run prove                                 every scenario, each bound after the other, a minute each
 *     bun run prove --part RwLock --minutes 60      those of one part; up to an hour for each bound
 *     bun run prove --preemptions 5 --deaths 1      one setting: also --stops, --memory x86|arm64, --delays
 *     bun run prove --seed 7 --runs 1000000         schedules at random, without a bound
 *     bun run prove --variants                      the known-bad variants, and the least bound that finds each
 *     bun run prove --replay TOKEN                  one schedule again, step by step
 *     bun run prove --goal --table FILE             each scenario as deep as the goal wants it; continues FILE
 *
 * `--file NAME` takes the scenarios of tests/model/scenarios/NAME.ts, and `--scenario TEXT` those whose title has the
 * text. `--table FILE` writes what was found as a table. `--states N` gives up an exploration that reaches so many
 * states. Times are of the processor, not of the clock.
 *
 * With `--goal` the cheapest explorations come first, `--jobs N` runs so many at a time, and `--within MINUTES` ends
 * them all after that time on the clock. The table is written as they end: a run can be stopped, and started again to
 * continue with what was explored of the same source. The last lines say how much of the goal is met; `--markdown FILE`
 * writes that as docs/proof.md has it. With `--minutes 0` it only reads the table.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import {
  along,
  buildProgram,
  explore,
  failureInWords,
  type Program,
  readToken,
  replay,
  type Result,
  type Scenario,
  type Setting,
  settingInWords,
} from "../support/explorer/mod.ts";
import type { MemoryModel } from "../support/explorer/memory.ts";
import { CHANNEL_VARIANTS } from "../tests/model/channel_variants.ts";
import { CREATION_VARIANTS } from "../tests/model/creation_variants.ts";
import { scenarioFile, scenarioFiles } from "../tests/model/scenario_file.ts";
import { STRUCTURE_VARIANTS } from "../tests/model/structure_variants.ts";
import { VARIANTS } from "../tests/model/variants.ts";
import { goalsOf, type GoalTask, processorMs } from "./support/goal.ts";
import { goalOverview, goalReport } from "./support/goal_report.ts";
import { exploreGoals } from "./support/goal_run.ts";
import { GoalTable, textOf } from "./support/goal_table.ts";
import { taskArgs } from "./support/task_args.ts";

const { values } = taskArgs({
  options: {
    part: { type: "string" },
    scenario: { type: "string" },
    file: { type: "string" },
    preemptions: { type: "string" },
    deaths: { type: "string" },
    stops: { type: "string" },
    memory: { type: "string" },
    delays: { type: "string" },
    minutes: { type: "string" },
    seed: { type: "string" },
    runs: { type: "string" },
    variants: { type: "boolean" },
    replay: { type: "string" },
    table: { type: "string" },
    goal: { type: "boolean" },
    jobs: { type: "string" },
    within: { type: "string" },
    states: { type: "string" },
    markdown: { type: "string" },
  },
});

/** How many states an exploration may come to: some 4 GB. */
const MOST_STATES = 80_000_000;

const limitMs = 60_000 * number("minutes", 1);
const lines: string[] = [];
let faults = 0;

process.on("SIGTERM", () => process.exit(143)); // ends those that it has started too

if (values.replay !== undefined) await repeat(values.replay);
else if (values.variants) await tryVariants();
else if (values.goal) await proveGoals();
else await proveAll();
if (values.table !== undefined && !values.goal) writeFileSync(values.table, lines.join("\n") + "\n");
process.exit(faults === 0 ? 0 : 1);

function number(
  name: "preemptions" | "deaths" | "stops" | "delays" | "minutes" | "seed" | "runs" | "jobs" | "within" | "states",
  otherwise: number,
): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text);
  console.error(`Cannot prove with --${name} ${text}: it must be a number`);
  process.exit(2);
}

async function proveAll(): Promise<void> {
  row("part", "scenario", "within", "schedules", "cut", "crash points", "deepest", "time");
  row(..."--------".split("").map((dash) => dash.repeat(3)));
  let count = 0;
  for (const file of wantedFiles()) {
    const program = await buildProgram(scenarioFile(file));
    for (const scenario of program.scenarios.filter(isWanted)) {
      count++;
      for (const setting of settingsOf(scenario)) prove(file, program, scenario, setting);
    }
  }
  requireSome(count);
}

function wantedFiles(): readonly string[] {
  return scenarioFiles().filter((name) => name === (values.file ?? name));
}

/** To find nothing wrong in nothing is no proof. */
function requireSome(count: number): void {
  if (count > 0) return;
  console.error("Cannot prove as no scenario has this part, title and file");
  process.exit(2);
}

function isWanted({ part, title }: Scenario): boolean {
  return (values.part ?? part) === part && title.includes(values.scenario ?? "");
}

/** The settings that were asked for; else those of the suite, and one bound more for each. */
function settingsOf(scenario: Scenario): readonly Setting[] {
  if (values.preemptions === undefined && values.seed === undefined) {
    return scenario.settings.flatMap((setting) => [setting, { ...setting, preemptions: setting.preemptions + 1 }]);
  }
  const setting = {
    preemptions: number("preemptions", 20),
    deaths: number("deaths", 0),
    stops: number("stops", 0),
    memory: (values.memory ?? "sequential") as MemoryModel,
    delays: number("delays", values.memory === undefined ? 0 : 2),
  };
  return [setting];
}

function prove(file: string, program: Program, scenario: Scenario, setting: Setting): void {
  const random = values.seed === undefined ? undefined : { seed: number("seed", 1), runs: number("runs", 100_000) };
  const result = explore(program, scenario, setting, {
    limitMs,
    random,
    now: processorMs,
    mostStates: number("states", MOST_STATES),
    leavesOutcomes: true,
  });
  report(
    scenario,
    `${random === undefined ? settingInWords(setting) : `random, seed ${random.seed}`}${whole(result)}`,
    result,
  );
  if (result.failure === undefined) return;
  faults++;
  console.log(failureInWords(file, scenario, setting, result.failure));
}

function whole({ ranOut, failure }: Result): string {
  if (failure !== undefined) return ": GOES WRONG";
  return ranOut === undefined ? "" : ` (${ranOut} ran out)`;
}

function report({ part, title }: Scenario, within: string, { schedules, cut, deathPoints, deepest, ms }: Result): void {
  const count = (value: number) => value.toLocaleString("en");
  row(
    part,
    title,
    within,
    count(schedules),
    count(cut),
    String(deathPoints),
    String(deepest),
    `${(ms / 1000).toFixed(1)} s`,
  );
}

function row(...cells: string[]): void {
  const line = textOf(cells);
  lines.push(line);
  console.log(line);
}

/** What the goal asks for. */
async function proveGoals(): Promise<void> {
  const table = new GoalTable(values.table), tasks: GoalTask[] = [];
  for (const file of wantedFiles()) {
    if (!readFileSync(new URL(`../${scenarioFile(file)}`, import.meta.url), "utf8").includes(values.part ?? "")) {
      continue;
    }
    const program = await buildProgram(scenarioFile(file));
    for (const scenario of program.scenarios.filter(isWanted)) {
      const { part, title } = scenario, { actors } = explore(program, scenario, { preemptions: 0 }, { mostRuns: 1 });
      for (const goal of goalsOf(scenario, actors)) {
        tasks.push({ ...goal, file, part, title, source: program.sourceHash() });
      }
    }
  }
  requireSome(tasks.length);
  faults += await exploreGoals(tasks, table, {
    limitMs,
    inAllMs: 60_000 * number("within", Infinity),
    jobs: number("jobs", 1),
    mostStates: number("states", MOST_STATES),
    print: console.log,
  });
  console.log(["", ...goalOverview(tasks, table)].join("\n"));
  if (values.markdown !== undefined) writeFileSync(values.markdown, goalReport(tasks, table).join("\n") + "\n");
}

/** Each known-bad variant, with the least number of preemptions that shows it. */
async function tryVariants(): Promise<void> {
  row("part", "variant", "shown within", "runs", "by");
  row(..."-----".split("").map((dash) => dash.repeat(3)));
  const all = [...VARIANTS, ...CHANNEL_VARIANTS, ...STRUCTURE_VARIANTS, ...CREATION_VARIANTS];
  for (const { title, file, scenario: name, patches } of all) {
    if (values.part !== undefined && !name.startsWith(`${values.part}:`)) continue;
    const program = await buildProgram(scenarioFile(file), patches);
    const scenario = program.scenarios.find((one) => `${one.part}: ${one.title}`.startsWith(name))!;
    let least: { setting: Setting; result: Result } | undefined;
    for (const setting of scenario.settings.flatMap(upTo)) {
      const result = explore(program, scenario, setting);
      if (result.failure === undefined) continue;
      least = { setting, result };
      break;
    }
    if (least === undefined) faults++;
    const { setting, result } = least ?? {};
    row(
      scenario.part,
      title,
      setting === undefined ? "NOT FOUND" : settingInWords(setting),
      String((result?.schedules ?? 0) + (result?.cut ?? 0)),
      result?.failure?.message.split("\n")[0] ?? "",
    );
  }
}

/** A setting with all bounds up to its own. */
function upTo(setting: Setting): Setting[] {
  return Array.from({ length: setting.preemptions + 1 }, (_, preemptions) => ({ ...setting, preemptions }));
}

async function repeat(text: string): Promise<void> {
  const { file, part, title, setting, path } = readToken(text),
    program = await buildProgram(scenarioFile(file));
  const scenario = program.scenarios.find((one) => one.part === part && one.title === title);
  if (scenario === undefined) {
    console.error(`Cannot replay as there is no scenario '${part}: ${title}' in ${file}.ts any more`);
    process.exit(2);
  }
  const { failure, lines } = replay(program, scenario, setting, () => along(path));
  console.log(
    [`${part}: ${title}: within ${settingInWords(setting)}`, ...lines, failure ?? "nothing goes wrong"].join("\n"),
  );
  if (failure !== undefined) faults++;
}
