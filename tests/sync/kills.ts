/**
 * Kills processes at random moments while others work, and judges how long the others had to wait.
 *
 * @module
 */
import { assertGreaterOrEqual, assertLess } from "@std/assert";
import * as system from "../../ffi/system.ts";
import { Spare } from "../../support/spare.ts";
import { deathsOf, isSoak, Moment } from "../../support/kills.ts";
import { PAIRS, type Runtime } from "../../support/runtimes.ts";

/** Victims of each pair of runtimes: 300 in the whole suite. */
export const KILLS: number = deathsOf(300 / PAIRS.length);

/** Victims that run, or start up, at a time. */
const AT_ONCE = 3;

/** For how long a victim runs at most, in milliseconds. */
const LONGEST_MS = 12;

/** A wait: for what, and from when to when, in milliseconds on the clock that all processes share. */
export type Wait = readonly [name: string, from: number, to: number];

/** When a process was killed, and when its end was noticed, on the clock that all processes share. */
export interface Death {
  readonly killedAt: number;
  readonly noticedAt: number;
}

/**
 * Starts victims and kills them, until `KILLS` have died. Returns when.
 *
 * @param survivors The processes that work meanwhile.
 */
export async function killAll(
  runtime: Runtime,
  script: URL,
  args: readonly string[],
  survivors: readonly Spare[],
): Promise<Death[]> {
  const deaths: Death[] = [], atWork = new Set(survivors);
  let started = 0;
  const kill = async () => {
    while (started < KILLS) {
      started++;
      const victim = Spare.start(runtime, script, args);
      await victim.next();
      const moment = new Moment(victim, [...atWork], LONGEST_MS);
      atWork.add(victim);
      await moment.passed();
      const killedAt = system.monotonicNs() / 1e6;
      await moment.kill();
      atWork.delete(victim);
      deaths.push({ killedAt, noticedAt: system.monotonicNs() / 1e6 });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, kill));
  return deaths;
}

/** How long it may take at most until a survivor has found out that an owner died, where a processor is free. */
const NOTICE_MS = 100;

/** As many turns at the processors as a killed process needs to be gone may pass until another has found out. */
const TURNS = 5;

/**
 * How long it may take to notice a death that the kernel reported to this process after so long: 100 ms. Where the
 * processors are busy, or slow, the dying process gets there late, and so do those that wait for it.
 */
export function noticeMs(goneAfterMs: number): number {
  return Math.max(NOTICE_MS, TURNS * goneAfterMs);
}

/**
 * Requires that survivors make progress soon after a death. A wait may outlast several deaths, so it counts from the
 * last of them. One wait in ten may take longer. A soak also stops processes, and runs for minutes beside other work;
 * there, no wait may take seconds.
 */
export function judgeWaits(waits: readonly Wait[], deaths: readonly Death[]): void {
  const late = waits.map(([name, from, to]) => {
    const last = Math.max(from, ...deaths.filter(({ killedAt }) => killedAt < to).map(({ killedAt }) => killedAt));
    return { name, ms: Math.round(to - last) };
  }).sort((a, b) => a.ms - b.ms);
  const most = noticeMs(median(deaths.map(({ killedAt, noticedAt }) => noticedAt - killedAt)));
  const slow = late.filter(({ ms }) => ms > most);
  const longest = late.slice(-3).map(({ name, ms }) => `${name} ${ms} ms`).join(", ");
  console.log(
    `${deaths.length} deaths, ${late.length} waits of 20 ms or more, ${slow.length} over ${
      Math.round(most)
    } ms: ${longest}`,
  );
  if (!isSoak) assertGreaterOrEqual(late.length / 10 + 1, slow.length, `${JSON.stringify(slow)}`);
  for (const { name, ms } of slow) assertLess(ms, 10_000, name);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
