/**
 * The goal of `bun run prove --goal`: what every scenario is to be explored with.
 *
 * @module
 */
import process from "node:process";
import type { Result, Scenario, Setting } from "../../support/explorer/mod.ts";

/** What kinds of exploration are wanted of every part, and of every scenario that allows them. */
export const GOALS = [
  "2 actors: 4 preemptions",
  "3 or more: 3",
  "1 death: 2",
  "2 deaths: 1",
  "1 stop: 2",
  "x86-64",
  "arm64",
] as const;

/** One of them. */
export type GoalKind = typeof GOALS[number];

/** One exploration that the goal asks for. */
export interface GoalTask {
  /** The scenario's file, without its ending. */
  readonly file: string;
  readonly part: string;
  readonly title: string;
  readonly setting: Setting;
  readonly kind: GoalKind;
  /** Of the program: see `Program.sourceHash`. */
  readonly source: string;
}

/** A task, and for how long. */
export interface GoalOrder extends GoalTask {
  readonly limitMs: number;
  readonly mostStates: number;
}

/** What became of one. */
export interface GoalAnswer {
  readonly counts: Pick<Result, "actors" | "schedules" | "cut" | "deathPoints" | "deepest" | "ms" | "ranOut">;
  /** What was explored, which may have changed since the task was made. */
  readonly source: string;
  /** What went wrong, in words. */
  readonly failure?: string;
}

/** How long this process has had a processor, in milliseconds: what others do meanwhile makes no difference. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Preemptions for two actors and for more, beside one death or stop, and beside two deaths: as the kinds say. */
const OF_TWO = 4;
const OF_MORE = 3;
const BESIDE_A_DEATH = 2;
const BESIDE_TWO_DEATHS = 1;

/** What the goal asks of a scenario: in each memory that it is explored in, and with deaths where it has any. */
export function goalsOf({ settings }: Scenario, actors: number): { kind: GoalKind; setting: Setting }[] {
  const most = actors <= 2 ? OF_TWO : OF_MORE, goals: { kind: GoalKind; setting: Setting }[] = [];
  const add = (kind: GoalKind, setting: Setting) => {
    const text = JSON.stringify(setting);
    if (!goals.some((one) => JSON.stringify(one.setting) === text)) goals.push({ kind, setting });
  };
  const alone = settings.filter(({ deaths = 0, stops = 0 }) => deaths + stops === 0);
  const memories = alone.filter(({ memory = "sequential" }) => memory !== "sequential");
  const highest = Math.max(most, ...alone.filter((one) => !memories.includes(one)).map((one) => one.preemptions));
  add(actors <= 2 ? "2 actors: 4 preemptions" : "3 or more: 3", { preemptions: highest });
  for (const setting of memories) {
    add(setting.memory === "x86" ? "x86-64" : "arm64", {
      ...setting,
      preemptions: Math.max(most, setting.preemptions),
    });
  }
  if (settings.some(({ deaths = 0 }) => deaths > 0)) {
    add("1 death: 2", { preemptions: BESIDE_A_DEATH, deaths: 1 });
    add("2 deaths: 1", { preemptions: BESIDE_TWO_DEATHS, deaths: 2 });
  }
  if (settings.some(({ stops = 0 }) => stops > 0)) add("1 stop: 2", { preemptions: BESIDE_A_DEATH, stops: 1 });
  return goals;
}
