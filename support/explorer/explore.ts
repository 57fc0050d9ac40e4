/**
 * Runs a scenario with every schedule that a setting allows, or with many at random.
 *
 * @module
 */
import type { Program } from "./build.ts";
import { Choices, type Picker } from "./choices.ts";
import { along, makeWorld, replay, runOnce } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { States } from "./states.ts";
import { type Setting, TURN } from "./turns.ts";

/** What an exploration has found. */
export interface Result {
  /** Runs that came to their end. */
  readonly schedules: number;
  /** Runs that came to a state that another had gone on from. */
  readonly cut: number;
  readonly steps: number;
  readonly states: number;
  /** The most choices of a run. */
  readonly deepest: number;
  /** At how many places somebody died. */
  readonly deathPoints: number;
  /** How the runs ended: memory, and what each step told. */
  readonly outcomes: ReadonlySet<number>;
  /** False if the time ran out. */
  readonly isWhole: boolean;
  readonly ms: number;
  readonly failure?: Failure;
}

/** What went wrong, in which schedule. */
export interface Failure {
  readonly message: string;
  /** Which option each choice took: `replay` runs it again. */
  readonly path: readonly number[];
  /** What happened, step by step. */
  readonly lines: readonly string[];
}

/** How to explore. */
export interface ExploreOptions {
  /** Enters every state anew: to show that nothing is left out otherwise. */
  readonly isNaive?: boolean;
  /** After how many milliseconds to give up. */
  readonly limitMs?: number;
  /** Runs schedules at random, for that long or that many, instead of all. */
  readonly random?: { readonly seed: number; readonly runs: number };
}

/** Explores until all schedules are through or one goes wrong. */
export function explore(program: Program, scenario: Scenario, setting: Setting, options: ExploreOptions = {}): Result {
  const { isNaive = false, limitMs = Infinity, random } = options;
  const begin = performance.now(), states = new States(), outcomes = new Set<number>();
  const choices = new Choices(random && atRandom(random.seed));
  const world = makeWorld(setting, choices, isNaive || random ? undefined : states);
  let schedules = 0, cut = 0, deepest = 0, isWhole = false, failure: Failure | undefined;
  while (true) {
    const outcome = runOnce(world, scenario);
    if (world.isCut) cut++;
    else outcomes.add(outcome).size > 0 && schedules++;
    deepest = Math.max(deepest, choices.depth);
    if (world.failure !== undefined) {
      failure = explain(program, scenario, setting, choices.path);
      break;
    }
    if (random === undefined) {
      isWhole = !choices.advance();
      if (isWhole) break;
    } else if (schedules === random.runs) break;
    if (performance.now() - begin > limitMs) break;
  }
  const { steps, deathPoints } = world, ms = performance.now() - begin;
  return { schedules, cut, steps, states: states.count, deepest, deathPoints: deathPoints.size, outcomes, isWhole, ms, failure };
}

function explain(program: Program, scenario: Scenario, setting: Setting, path: readonly number[]): Failure {
  const again = replay(program, scenario, setting, () => along(path));
  if (again.failure === undefined) throw new Error(`Cannot explore '${scenario.title}' as a run that went wrong went well the second time`);
  const { failure, path: shrunk, lines } = shrink(program, scenario, setting, path);
  return { message: failure!, path: shrunk, lines };
}

/** How often a random schedule does not take the first option, in 1 of so many choices. */
const RARENESS = 12;

/** Decides at random, the same for the same seed. */
function atRandom(seed: number): Picker {
  let state = seed >>> 0;
  const next = (): number => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return (kind, _offer, count) => {
    if (count === 1) return 0;
    return kind === TURN && next() % RARENESS !== 0 ? 0 : next() % count;
  };
}
