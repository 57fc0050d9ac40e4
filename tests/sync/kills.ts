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
): Promise<number[]> {
  const times: number[] = [], atWork = new Set(survivors);
  let started = 0;
  const kill = async () => {
    while (started < KILLS) {
      started++;
      const victim = Spare.start(runtime, script, args);
      await victim.next();
      const moment = new Moment(victim, [...atWork], LONGEST_MS);
      atWork.add(victim);
      await moment.passed();
      const at = system.monotonicNs() / 1e6;
      await moment.kill();
      atWork.delete(victim);
      times.push(at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, kill));
  return times;
}

/**
 * Requires that survivors make progress within 100 ms after a death. A wait may outlast several deaths, so it counts
 * from the last of them. One wait in ten may take longer: on a machine whose processors are all in use, neither the
 * waiter nor the process that is to die may run for that long. A soak also stops processes, and runs for minutes beside
 * other work; there, no wait may take seconds.
 */
export function judgeWaits(waits: readonly Wait[], kills: readonly number[]): void {
  const late = waits.map(([name, from, to]) => {
    const last = Math.max(from, ...kills.filter((at) => at < to));
    return { name, ms: Math.round(to - last) };
  }).sort((a, b) => a.ms - b.ms);
  const slow = late.filter(({ ms }) => ms > 100);
  const longest = late.slice(-3).map(({ name, ms }) => `${name} ${ms} ms`).join(", ");
  console.log(`${kills.length} deaths, ${late.length} waits of 20 ms or more, ${slow.length} over 100 ms: ${longest}`);
  if (!isSoak) assertGreaterOrEqual(late.length / 10 + 1, slow.length, `${JSON.stringify(slow)}`);
  for (const { name, ms } of slow) assertLess(ms, 10_000, name);
}
