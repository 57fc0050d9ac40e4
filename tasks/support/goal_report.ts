/**
 * Whether the goal of the proof is met, from the table of what was explored.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import { settingInWords } from "../../support/explorer/mod.ts";
import { WIDTH } from "../project.ts";
import { type GoalKind, GOALS, type GoalTask } from "./goal.ts";
import { type GoalRow, type GoalTable, textOf } from "./goal_table.ts";

/** What every part is to have been explored with, in one scenario at least; with deaths, if any of its own has some. */
const WANTED: readonly GoalKind[] = ["2 actors: 4 preemptions", "3 or more: 3", "1 death: 2", "2 deaths: 1"];

interface Explored {
  readonly task: GoalTask;
  readonly row: GoalRow | undefined;
}

/** How far one cell of the goal is: "met: 1 of 2" scenarios of that kind. */
function cellOf(ofPart: readonly Explored[], kind: GoalKind): string {
  const list = ofPart.filter(({ task }) => task.kind === kind), whole = list.filter(({ row }) => row?.isWhole);
  const isWanted = WANTED.includes(kind), isForAll = isWanted && !kind.includes("death");
  if (list.some(({ row }) => row?.isWrong)) return "GOES WRONG";
  if (list.length === 0) return isForAll ? "not met: no scenario" : "—";
  const state = !isWanted ? "" : whole.length > 0 ? "met: " : "not met: ";
  return `${state}${whole.length} of ${list.length}`;
}

/** A line for each part, and at the end how many cells are met, and which are not. */
export function goalOverview(tasks: readonly GoalTask[], table: GoalTable): string[] {
  const parts = partsOf(tasks, table), lines = [["part", ...GOALS, "schedules", "cut", "crash points"]];
  lines.push(lines[0].map(() => "---"));
  const missing: string[] = [];
  let met = 0;
  for (const [part, list] of parts) {
    const cells = GOALS.map((kind) => cellOf(list, kind));
    const whole = list.flatMap(({ row }) => row?.isWhole ? [row] : []);
    const sum = (of: (row: GoalRow) => number) => whole.reduce((total, row) => total + of(row), 0).toLocaleString("en");
    lines.push([
      `\`${part}\``,
      ...cells,
      sum((row) => row.schedules),
      sum((row) => row.cut),
      sum((row) => row.crashPoints),
    ]);
    for (const [i, cell] of cells.entries()) {
      if (cell.startsWith("met")) met++;
      else if (cell.startsWith("not met") || cell === "GOES WRONG") missing.push(`* \`${part}\`, ${GOALS[i]}: ${cell}`);
    }
  }
  const wanted = met + missing.length;
  return [
    ...lines.map(textOf),
    "",
    missing.length === 0
      ? `The goal is met: all ${wanted} cells.`
      : `The goal is met in ${met} of ${wanted} cells. Not in:`,
    ...(missing.length === 0 ? [] : ["", ...missing]),
  ];
}

/** All that docs/proof.md says of a run. */
export function goalReport(tasks: readonly GoalTask[], table: GoalTable): string[] {
  const all = tasks.map((task): Explored => ({ task, row: table.find(task) }));
  const whole = all.filter(({ row }) => row?.isWhole), wrong = all.filter(({ row }) => row?.isWrong);
  const longest = Math.max(0, ...all.map(({ row }) => row?.ms ?? 0)), list = cpus();
  const found = wrong.length === 0 ? "none found a fault" : `${wrong.length} FOUND A FAULT`;
  const left = all.filter(({ row }) => !row?.isWhole);
  return [
    ...wrapped(
      `Recorded over one state of the source on ${
        process.arch === "x64" ? "x86-64" : process.arch
      } under ${runtime()}, ` +
        `with up to ${(longest / 1000).toFixed(0)} s of processor time for each exploration, on a machine with ` +
        `${list.length} processors (${
          list[0]?.model.trim() ?? "unknown"
        }). Of the ${all.length} explorations that the ` +
        `goal asks for, **${whole.length} were completed, and ${found}**. A cell says how many of a part's explorations ` +
        "were completed; it is met if one was. — means that the part has no scenario of that kind. The last three " +
        "columns count the completed ones.",
    ),
    "",
    ...goalOverview(tasks, table),
    ...(left.length === 0 ? [] : [
      "",
      `The other ${left.length} were not completed:`,
      "",
      ...byScenario(left).flatMap((line) => wrapped(line, "  ")),
    ]),
  ];
}

/** A paragraph in lines that are no wider than prose may be. */
function wrapped(text: string, indent = ""): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last.length + word.length >= WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

function partsOf(tasks: readonly GoalTask[], table: GoalTable): [part: string, list: Explored[]][] {
  const parts = new Map<string, Explored[]>();
  for (const task of tasks) parts.set(task.part, [...parts.get(task.part) ?? [], { task, row: table.find(task) }]);
  return [...parts].sort(([one], [other]) => one < other ? -1 : 1);
}

function byScenario(list: readonly Explored[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { task: { part, title, setting }, row } of list) {
    const key = `* \`${part}\`, "${title}"`,
      state = row?.isWrong || row?.state.startsWith("memory") ? ` (${row.state})` : "";
    lines.set(key, [...lines.get(key) ?? [], settingInWords(setting) + state]);
  }
  return [...lines].map(([key, within]) => `${key}: ${within.join("; ")}`).sort();
}

function runtime(): string {
  const { bun, deno } = process.versions as Record<string, string | undefined>;
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${process.versions.node}`;
}
