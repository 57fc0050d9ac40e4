/**
 * Runs a scenario with every schedule that a setting allows, or with many at random.
 *
 * @module
 */
import type { Program } from "./build.ts";
import { Choices, type Picker } from "./choices.ts";
import { Conflicts } from "./conflicts.ts";
import { makeWorld, runOnce } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { States } from "./states.ts";
import { type Setting, TURN } from "./turns.ts";
import type { World } from "./world.ts";

/** What an exploration has found. */
export interface Result {
  /** How many actors there are. */
  readonly actors: number;
  /** Runs that came to their end. */
  readonly schedules: number;
  /** Runs that came to a state that another had gone on from. */
  readonly cut: number;
  readonly steps: number;
  readonly states: number;
  /** The most choices of a run. */
  readonly deepest: number;
  /** At how many places an actor died. */
  readonly deathPoints: number;
  /** How the runs ended: the memory, and the results of each step. */
  readonly outcomes: ReadonlySet<number>;
  /** False if it was given up, or something went wrong. */
  readonly isWhole: boolean;
  /** What ran out, if that is why it was given up. */
  readonly ranOut?: "time" | "memory" | "runs";
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
  /** The clock, in milliseconds. Defaults to wall-clock time. */
  readonly now?: () => number;
  /** After how many milliseconds to give up. */
  readonly limitMs?: number;
  /** After how many runs to give up. */
  readonly mostRuns?: number;
  /** After how many states to give up. */
  readonly mostStates?: number;
  /** Does not keep the outcomes, which take more memory than the states. */
  readonly leavesOutcomes?: boolean;
  /** Runs schedules at random, for that long or that many, instead of all. */
  readonly random?: { readonly seed: number; readonly runs: number };
}

/** Explores until all schedules are through or one goes wrong. */
export function explore(program: Program, scenario: Scenario, setting: Setting, options: ExploreOptions = {}): Result {
  const { now = () => performance.now() } = options, begin = now();
  if (options.isNaive) return search(program, scenario, setting, undefined, options, begin);
  const conflicts = new Conflicts();
  learnFromRuns(scenario, setting, conflicts);
  conflicts.isStrict = options.random === undefined;
  while (true) {
    const result = search(program, scenario, setting, conflicts, options, begin);
    // Else a word is shared of which that was not known: turns may be missing that concern it.
    if (result.failure !== undefined || !result.isWhole || !conflicts.learn()) return result;
  }
}

/** Some runs at random, which show nearly all words that are shared. */
function learnFromRuns(scenario: Scenario, setting: Setting, conflicts: Conflicts): void {
  const world = makeWorld(setting, new Choices(atRandom(1)), undefined, conflicts);
  for (let run = 0; run < LEARNING_RUNS; run++) {
    runOnce(world, scenario);
    conflicts.learn();
  }
}

/** As `explore`. `conflicts`: what is known of shared words; undefined if turns are taken at every step. */
function search(
  program: Program,
  scenario: Scenario,
  setting: Setting,
  conflicts: Conflicts | undefined,
  {
    isNaive = false,
    now = () => performance.now(),
    limitMs = Infinity,
    mostRuns = Infinity,
    mostStates,
    leavesOutcomes = false,
    random,
  }: ExploreOptions,
  begin: number,
): Result {
  const states = new States(mostStates),
    outcomes = new Set<number>(),
    choices = new Choices(random && atRandom(random.seed));
  const world = makeWorld(setting, choices, isNaive || random ? undefined : states, conflicts);
  let schedules = 0, cut = 0, deepest = 0, isWhole = false;
  let failure: Failure | undefined, ranOut: Result["ranOut"];
  while (true) {
    const outcome = runOnce(world, scenario);
    if (world.isCut) cut++;
    else {
      schedules++;
      if (!leavesOutcomes) outcomes.add(outcome);
    }
    deepest = Math.max(deepest, choices.depth);
    if (world.failure !== undefined) {
      failure = explain(program, scenario, setting, world, conflicts);
      break;
    }
    if (random === undefined) {
      isWhole = !choices.advance();
      if (isWhole) break;
    } else if (schedules === random.runs) break;
    if (schedules + cut >= mostRuns) ranOut = "runs";
    else if (now() - begin > limitMs) ranOut = "time";
    else if (states.isFull) ranOut = "memory";
    if (ranOut !== undefined) break;
  }
  const { steps, deathPoints } = world, ms = now() - begin;
  const actors = world.actors.length;
  return {
    actors,
    schedules,
    cut,
    steps,
    states: states.count,
    deepest,
    deathPoints: deathPoints.size,
    outcomes,
    isWhole,
    ranOut,
    ms,
    failure,
  };
}

/** Runs what went wrong again, and makes it simpler. */
function explain(
  program: Program,
  scenario: Scenario,
  setting: Setting,
  { failure, choices: { path } }: World,
  conflicts: Conflicts | undefined,
): Failure {
  const { failure: message, path: shrunk, lines } = shrink(program, scenario, setting, path, conflicts);
  if (message === undefined) throw new Error(`Cannot repeat what went wrong in '${scenario.title}': ${failure}`);
  return { message, path: shrunk, lines };
}

/** Runs to learn from which words are shared. */
const LEARNING_RUNS = 300;

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
