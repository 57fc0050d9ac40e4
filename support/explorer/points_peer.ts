import type { Segment } from "../../lib/memory/mod.ts";
import { nextOrder, reportNow, serve } from "../in_spare.ts";
import { stopAt, stopNowhere } from "./points_runtime.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario's program, for real processes. */
export interface RealProgram {
  readonly scenarios: readonly Scenario[];
  /** The program's own. */
  readonly Segment: typeof Segment;
  /** Makes the following happen in a segment, as an actor or as its maker. */
  enterSegment(segment: Segment, as: string | undefined): void;
}

/** The task of a process: attach as an actor and, after a message, act and perhaps stop at a point. */
export interface Task {
  readonly segment: string;
  readonly actor: string;
  /** The how-manieth point, or a part of its text. */
  readonly stopAt?: number | string;
}

/** What a process reports: first that it has attached, and then what came of it. */
export type Report = { readonly stopped: string } | { readonly done: true } | { readonly error: string };

/** Does one task after the other, in the scenario that the first argument names. */
export function act({ scenarios, Segment, enterSegment }: RealProgram): void {
  serve(([name]) => {
    const scenario = scenarios.find(({ part, title }) => `${part}: ${title}` === name)!;
    reportNow("ready");
    for (let task = nextOrder<Task>(); task !== undefined; task = nextOrder<Task>()) {
      reportNow(actOnce(task, scenario)); // when all that it had is given up
    }
  });

  function actOnce({ segment: name, actor, stopAt: point }: Task, scenario: Scenario): Report {
    using segment = Segment.open(name, { role: actor });
    enterSegment(segment, actor);
    const { actors } = scenario.start();
    reportNow("attached");
    nextOrder(); // to go
    if (point !== undefined) stopAt(point);
    try {
      actors[actor]();
      return { done: true };
    } catch (error) {
      return { error: (error as Error).stack ?? String(error) };
    } finally {
      stopNowhere();
    }
  }
}
