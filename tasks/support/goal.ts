/**
 * The goal of `bun run prove --goal`: what every scenario is to be explored with, and the table of what was.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Result, Scenario, Setting } from "../../support/explorer/mod.ts";

/** One exploration that the goal asks for. */
export interface GoalTask {
  /** The scenario's file, without its ending. */
  readonly file: string;
  readonly part: string;
  readonly title: string;
  readonly setting: Setting;
}

/** A task, and for how long. */
export interface GoalOrder extends GoalTask {
  readonly limitMs: number;
  readonly mostStates: number;
}

/** What became of one. */
export interface GoalAnswer {
  readonly counts: Pick<Result, "actors" | "schedules" | "cut" | "deathPoints" | "deepest" | "ms" | "ranOut">;
  /** What went wrong, in words. */
  readonly failure?: string;
}

/** How long this process has had a processor, in milliseconds: what others do meanwhile makes no difference. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Preemptions for two actors and for more, beside one death, and beside two. */
const OF_TWO = 4;
const OF_MORE = 3;
const BESIDE_A_DEATH = 2;
const BESIDE_TWO_DEATHS = 1;

/** What the goal asks of a scenario: in each memory that it is explored in, and with deaths where it has any. */
export function goalsOf({ settings }: Scenario, actors: number): Setting[] {
  const most = actors <= 2 ? OF_TWO : OF_MORE, goals: Setting[] = [];
  const add = (setting: Setting) => {
    const text = JSON.stringify(setting), known = goals.some((one) => JSON.stringify(one) === text);
    if (!known) goals.push(setting);
  };
  const alone = settings.filter(({ deaths = 0, stops = 0 }) => deaths + stops === 0);
  const memories = alone.filter(({ memory = "sequential" }) => memory !== "sequential");
  const highest = Math.max(most, ...alone.filter((one) => !memories.includes(one)).map((one) => one.preemptions));
  add({ preemptions: highest });
  for (const setting of memories) add({ ...setting, preemptions: Math.max(most, setting.preemptions) });
  if (settings.some(({ deaths = 0 }) => deaths > 0)) {
    add({ preemptions: BESIDE_A_DEATH, deaths: 1 });
    add({ preemptions: BESIDE_TWO_DEATHS, deaths: 2 });
  }
  if (settings.some(({ stops = 0 }) => stops > 0)) add({ preemptions: BESIDE_A_DEATH, stops: 1 });
  return goals;
}

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
  "",
];

/** What the last cell says of an exploration that left nothing out. */
const WHOLE = "whole";

/** A table of what was explored, in a file that is kept up to date: an earlier run's is gone on with. */
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

  /** Whether an exploration need not be made again. */
  isWhole(part: string, title: string, within: string): boolean {
    return this.#lines.get(keyOf([part, title, within]))?.at(-1) === WHOLE;
  }

  /** For how long an exploration was tried in vain, in milliseconds. */
  triedMs(part: string, title: string, within: string): number {
    return 1000 * Number((this.#lines.get(keyOf([part, title, within]))?.[8] ?? "0").replace(/[ s,]/g, ""));
  }

  /** Enters what became of an exploration, and returns its line. */
  enter(part: string, title: string, within: string, { counts, failure }: GoalAnswer): string {
    const { actors, schedules, cut, deathPoints, deepest, ms, ranOut } = counts;
    const numbers = [actors, schedules, cut, deathPoints, deepest].map((value) => value.toLocaleString("en"));
    const state = failure !== undefined ? "GOES WRONG" : ranOut === undefined ? WHOLE : `${ranOut} ran out`;
    const cells = [part, title, within, ...numbers, `${(ms / 1000).toFixed(1)} s`, state];
    this.#lines.set(keyOf(cells), cells);
    this.#write();
    return textOf(cells);
  }

  /** Enters that a process came to its end in the middle of an exploration, as it does when it is out of memory. */
  enterLost(part: string, title: string, within: string, ms: number): string {
    const counts = { actors: 0, schedules: 0, cut: 0, deathPoints: 0, deepest: 0, ms, ranOut: "memory" } as const;
    return this.enter(part, title, within, { counts });
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

function textOf(cells: Line): string {
  return `| ${cells.join(" | ")} |`;
}
