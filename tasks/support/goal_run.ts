import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import type { GoalAnswer, GoalOrder, GoalTask } from "./goal.ts";
import type { GoalTable } from "./goal_table.ts";

/** How to go about it. */
export interface GoalRunOptions {
  /** For how long each exploration is tried at most, in milliseconds of the processor. */
  readonly limitMs: number;
  /** For how long all of them are, in milliseconds of the wall. */
  readonly inAllMs?: number;
  /** How many at a time. */
  readonly jobs: number;
  /** How many states an exploration may come to. */
  readonly mostStates: number;
  /** The script that explores. */
  readonly peer?: URL;
  /** Called with the line of each exploration. */
  readonly print: (text: string) => void;
}

/** For how long every exploration is tried before any is tried for longer. */
const FIRST_PASSES_MS = [3000, 20_000, 120_000];

/** Less time is not worth a start. */
const LEAST_MS = 500;

/**
 * Explores what a table does not have yet: a little of each first, so that the cheapest come to their end before the
 * dearest. One that goes wrong or runs out of memory is not tried again.
 *
 * @returns How many went wrong.
 */
export async function exploreGoals(
  tasks: readonly GoalTask[],
  table: GoalTable,
  options: GoalRunOptions,
): Promise<number> {
  const { limitMs, inAllMs = Infinity, jobs, mostStates, print } = options, end = performance.now() + inAllMs;
  const script = options.peer ?? new URL("./goal_peer.ts", import.meta.url), givenUp = new Set<GoalTask>();
  let faults = 0, left: GoalTask[] = [];

  /** Takes tasks until none is left, with a process of its own: if that runs out of memory, nothing else is lost. */
  async function workThrough(passMs: number): Promise<void> {
    let peer: Peer | undefined;
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      const ms = Math.min(passMs, end - performance.now()), begin = performance.now();
      if (ms < Math.min(LEAST_MS, passMs)) break;
      peer ??= Peer.start(thisRuntime, script);
      peer.send({ ...task, limitMs: ms, mostStates } satisfies GoalOrder);
      let answer: GoalAnswer;
      try {
        answer = await peer.next<GoalAnswer>();
      } catch (error) {
        answer = lost(task, performance.now() - begin, (await peer.exited).signal === null ? `${error}` : undefined);
        peer = undefined;
      }
      print(table.enter(task, answer));
      if (answer.failure !== undefined) {
        faults++;
        print(answer.failure);
        givenUp.add(task);
      }
      if (answer.counts.ranOut !== "memory") continue;
      givenUp.add(task);
      peer?.kill(); // the next begins with an empty memory
      peer = undefined;
    }
    peer?.kill();
    await peer?.exited;
  }

  for (const passMs of [...FIRST_PASSES_MS.filter((ms) => ms < limitMs), limitMs]) {
    left = tasks.filter((task) => {
      const row = table.find(task);
      return !givenUp.has(task) && (row === undefined || row.isWrong || (!row.isWhole && row.ms < passMs));
    });
    if (passMs > 0) await Promise.all(Array.from({ length: jobs }, () => workThrough(passMs)));
  }
  return faults;
}

/** A process was ended by a signal, as it is when there is no more memory; or by a fault in itself. */
function lost({ source }: GoalTask, ms: number, failure: string | undefined): GoalAnswer {
  const counts = { actors: 0, schedules: 0, cut: 0, deathPoints: 0, deepest: 0, ms, ranOut: "memory" } as const;
  return { counts, source, failure };
}
