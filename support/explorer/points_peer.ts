import process from "node:process";
import type { Segment } from "../../lib/memory/mod.ts";
import { peerArgs, tell, told } from "../in_peer.ts";
import { stopAt, stopNowhere } from "./points_runtime.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario's program, for real processes. */
export interface RealProgram {
  readonly scenarios: readonly Scenario[];
  /** The program's own. */
  readonly Segment: typeof Segment;
  /** Makes what follows take place in a segment, as an actor or as who makes it. */
  enterSegment(segment: Segment, as: string | undefined): void;
}

/** What a process is to do: attach as an actor, and once it is told to, act and perhaps stop at a point. */
export interface Task {
  readonly segment: string;
  readonly actor: string;
  /** The how-manieth point, or a part of its text. */
  readonly stopAt?: number | string;
}

/** What a process reports: first that it has attached, and then what came of it. */
export type Report = { readonly stopped: string } | { readonly done: true } | { readonly error: string };

/** Does one task after the other, in the scenario that the first argument names. */
export async function act({ scenarios, Segment, enterSegment }: RealProgram): Promise<void> {
  const scenario = scenarios.find(({ part, title }) => `${part}: ${title}` === peerArgs[0])!;
  tell("ready");
  const messages = told<Task | "go">();
  for await (const task of messages) {
    if (task === "go") continue;
    using segment = Segment.open(task.segment, { role: task.actor });
    enterSegment(segment, task.actor);
    const { actors } = scenario.start();
    tell("attached");
    await messages.next();
    if (task.stopAt !== undefined) stopAt(task.stopAt);
    let report: Report = { done: true };
    try {
      actors[task.actor]();
    } catch (error) {
      report = { error: (error as Error).stack ?? String(error) };
    }
    stopNowhere();
    tell(report);
  }
  process.exit(0);
}
