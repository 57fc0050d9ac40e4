import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { settingInWords } from "../../support/explorer/mod.ts";
import type { GoalAnswer, GoalTask } from "./goal.ts";

/** A line of the table: its cells. */
type Line = readonly string[];

const HEADER: Line = [
  "part",
  "scenario",
  "within",
  "actors",
  "schedules",
  "cut",
  "crash points",
  "deepest",
  "time",
  "source",
  "",
];

const TIME = HEADER.indexOf("time");
const SOURCE = HEADER.indexOf("source");

/** What the last cell says of an exploration that left nothing out. */
const WHOLE = "whole";
const WRONG = "GOES WRONG";

/** What is known of an exploration. */
export interface GoalRow {
  readonly isWhole: boolean;
  readonly isWrong: boolean;
  readonly schedules: number;
  readonly cut: number;
  readonly crashPoints: number;
  /** For how long it was made, or tried in vain. */
  readonly ms: number;
  /** Why it is not whole, if it is not. */
  readonly state: string;
}

/**
 * A table of what was explored, in a file that is kept up to date. It continues an earlier run: what that has found
 * holds as long as the source is the same.
 */
export class GoalTable {
  readonly #path: string | undefined;
  readonly #lines = new Map<string, Line>();

  /** @param path Of its file; undefined to keep none. */
  constructor(path: string | undefined) {
    this.#path = path;
    if (path === undefined || !existsSync(path)) return;
    for (const text of readFileSync(path, "utf8").split("\n")) {
      const cells = text.split("|").slice(1, -1).map((cell) => cell.trim());
      if (cells.length === HEADER.length && !/^(part|-+)$/.test(cells[0])) this.#lines.set(keyOf(cells), cells);
    }
  }

  /** What was found of the source as it is now; undefined if nothing was. */
  find(task: GoalTask): GoalRow | undefined {
    const line = this.#lines.get(keyOfTask(task));
    if (line?.[SOURCE] !== task.source) return undefined;
    const [schedules, cut, crashPoints] = [4, 5, 6].map((index) => numberIn(line[index])), state = line.at(-1)!;
    return {
      isWhole: state === WHOLE,
      isWrong: state === WRONG,
      schedules,
      cut,
      crashPoints,
      ms: 1000 * numberIn(line[TIME]),
      state,
    };
  }

  /** Enters what became of an exploration, and returns its line. */
  enter(task: GoalTask, { counts, source, failure }: GoalAnswer): string {
    const { actors, schedules, cut, deathPoints, deepest, ms, ranOut } = counts;
    const numbers = [actors, schedules, cut, deathPoints, deepest].map((value) => value.toLocaleString("en"));
    const state = failure !== undefined ? WRONG : ranOut === undefined ? WHOLE : `${ranOut} ran out`;
    const cells = [
      task.part,
      task.title,
      settingInWords(task.setting),
      ...numbers,
      `${(ms / 1000).toFixed(1)} s`,
      source,
      state,
    ];
    this.#lines.set(keyOf(cells), cells);
    this.#write();
    return textOf(cells);
  }

  #write(): void {
    if (this.#path === undefined) return;
    const lines = [...this.#lines.values()].sort((one, other) => keyOf(one) < keyOf(other) ? -1 : 1);
    writeFileSync(`${this.#path}.new`, [HEADER, HEADER.map(() => "---"), ...lines].map(textOf).join("\n") + "\n");
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function keyOf([part, title, within]: Line): string {
  return `${part}|${title}|${within}`;
}

function keyOfTask({ part, title, setting }: GoalTask): string {
  return keyOf([part, title, settingInWords(setting)]);
}

function numberIn(cell: string): number {
  return Number(cell.replace(/[ s,]/g, ""));
}

/** A row of a table in Markdown. */
export function textOf(cells: Line): string {
  return `| ${cells.join(" | ")} |`;
}
