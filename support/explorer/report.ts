import type { Failure, Result } from "./explore.ts";
import type { Scenario } from "./scenario.ts";
import type { Setting } from "./turns.ts";

/** A setting in words: "2 preemptions, 1 death, x86-64 with 1 delay". */
export function settingInWords(
  { preemptions, deaths = 0, stops = 0, memory = "sequential", delays = 0, hasMembarrier = true }: Setting,
): string {
  const parts = [counted(preemptions, "preemption")];
  if (deaths > 0) parts.push(counted(deaths, "death"));
  if (stops > 0) parts.push(counted(stops, "stop"));
  if (memory !== "sequential") parts.push(`${memory === "x86" ? "x86-64" : "arm64"} with ${counted(delays, "delay")}`);
  if (!hasMembarrier) parts.push("no membarrier");
  return parts.join(", ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What identifies a run: to be given to `bun run prove --replay`. */
export interface RunToken {
  /** The scenario's file, without its ending. */
  readonly file: string;
  readonly part: string;
  readonly title: string;
  readonly setting: Setting;
  /** Which option each choice took. */
  readonly path: readonly number[];
}

/** A token as text: first options are counted instead of listed. */
export function writeToken({ file, part, title, setting, path }: RunToken): string {
  const runs: number[] = [];
  let firsts = 0;
  for (const index of path) {
    if (index === 0) firsts++;
    else {
      runs.push(firsts, index);
      firsts = 0;
    }
  }
  return btoa(JSON.stringify([file, part, title, setting, runs])).replace(/=+$/, "");
}

/** The token that a text stands for. */
export function readToken(text: string): RunToken {
  const [file, part, title, setting, runs] = JSON.parse(atob(text)) as [string, string, string, Setting, number[]];
  const path: number[] = [];
  for (let i = 0; i < runs.length; i += 2) path.push(...Array<number>(runs[i]).fill(0), runs[i + 1]);
  return { file, part, title, setting, path };
}

/** All that there is to say of a schedule that went wrong. */
export function failureInWords(
  file: string,
  { part, title }: Scenario,
  setting: Setting,
  { message, lines, path }: Failure,
): string {
  const token = writeToken({ file, part, title, setting, path });
  return [
    `${part}: ${title}: ${message}`,
    `within ${settingInWords(setting)}, in this schedule:`,
    ...lines,
    `bun run prove --replay ${token}`,
  ].join("\n");
}

/** One exploration, for tables. */
export interface Row {
  readonly scenario: Scenario;
  readonly setting: Setting;
  readonly result: Result;
}

/** A line for each part: what its explorations amount to. */
export function summary(rows: readonly Row[]): string[] {
  const parts = new Map<string, Row[]>();
  for (const row of rows) parts.set(row.scenario.part, [...parts.get(row.scenario.part) ?? [], row]);
  const most = (list: readonly Row[], value: (row: Row) => number) => Math.max(...list.map(value));
  const least = (list: readonly Row[], value: (row: Row) => number) => Math.min(...list.map(value));
  const sum = (list: readonly Row[], value: (row: Row) => number) => list.reduce((total, row) => total + value(row), 0);
  return [...parts].map(([part, list]) => {
    const actors = `${least(list, ({ result }) => result.actors)}–${most(list, ({ result }) => result.actors)} actors`;
    const bounds = ["preemptions", "deaths", "stops", "delays"] as const;
    const bound = bounds.map((name) => [most(list, ({ setting }) => setting[name] ?? 0), name] as const)
      .filter(([count]) => count > 0).map(([count, name]) => counted(count, name.slice(0, -1))).join(", ");
    const schedules = sum(list, ({ result }) => result.schedules), cut = sum(list, ({ result }) => result.cut);
    const deaths = sum(list, ({ result }) => result.deathPoints), seconds = sum(list, ({ result }) => result.ms) / 1000;
    const deepest = most(list, ({ result }) => result.deepest);
    return `${part.padEnd(12)} ${actors}, up to ${bound}: ${schedules.toLocaleString("en")} schedules and ${
      cut.toLocaleString("en")
    } cut, ` +
      `${deaths} crash points, deepest ${deepest}, ${seconds.toFixed(1)} s`;
  });
}
