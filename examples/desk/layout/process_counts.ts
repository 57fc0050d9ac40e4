import type { Counter, Counters } from "../../../mod.ts";
import type { DeskRole } from "./desk.ts";

/**
 * What a process counts, over all that played its role:
 *
 * - `starts`: how often it was started.
 * - `messages`: what it received.
 * - `faults`: what was wrong with its input: broken lines, gaps, times that ran backwards.
 * - `position`: in the channel it reads.
 * - `lag`: how many messages it is behind.
 */
export const PROCESS_COUNTS = ["starts", "messages", "faults", "position", "lag"] as const;

/** One of a process's counts. */
export type ProcessCount = typeof PROCESS_COUNTS[number];

/** Types of counters: the library has those up to 1023. */
const FIRST_TYPE = 1024;

/**
 * The counters of a role, for the process that plays it: they continue where its predecessor's were, which must be
 * known to be dead.
 */
export function ownCounts(counters: Counters, role: DeskRole): Record<ProcessCount, Counter> {
  const own = PROCESS_COUNTS.map((name, i) =>
    [name, counters.allocate(`${role}: ${name}`, { type: FIRST_TYPE + i, takeOver: true })] as const
  );
  return Object.fromEntries(own) as Record<ProcessCount, Counter>;
}

/** What processes have counted, by role, dead ones included; 0 for one that was never started. */
export function readCounts(counters: Counters): (role: DeskRole) => Record<ProcessCount, number> {
  const values = new Map(counters.list({ withDead: true }).map(({ label, value }) => [label, value]));
  return (role) => {
    const counts = PROCESS_COUNTS.map((name) => [name, values.get(`${role}: ${name}`) ?? 0] as const);
    return Object.fromEntries(counts) as Record<ProcessCount, number>;
  };
}
