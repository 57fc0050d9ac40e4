/**
 * Runs a scenario with every schedule within bounds.
 *
 * @module
 */
import { Choices } from "./choices.ts";
import { Memory } from "./memory.ts";
import type { Program } from "./build.ts";
import type { Scenario } from "./scenario.ts";
import { States } from "./states.ts";
import { Trace } from "./trace.ts";
import type { Bounds } from "./turns.ts";
import { enterWorld, World } from "./world.ts";

/** What an exploration has found. */
export interface Result {
  /** Runs that came to their end. */
  readonly schedules: number;
  /** Runs that came to a state that others had gone on from. */
  readonly cut: number;
  readonly steps: number;
  readonly states: number;
  /** The most choices of a run. */
  readonly deepest: number;
  /** Places where somebody died. */
  readonly deathPoints: number;
  /** How runs ended: memory, and what each step told. */
  readonly outcomes: ReadonlySet<number>;
  /** False if the time ran out. */
  readonly isWhole: boolean;
  readonly ms: number;
  readonly failure?: Failure;
}

/** What went wrong in which schedule. */
export interface Failure {
  readonly message: string;
  readonly path: readonly number[];
  readonly lines: readonly string[];
}

/** How to explore, beyond what may happen. */
export interface ExploreOptions {
  /** Enters every state anew: to show that nothing is left out otherwise. */
  readonly isNaive?: boolean;
  readonly limitMs?: number;
}

/** Explores all schedules, up to the first fault. */
export function explore(program: Program, scenario: Scenario, bounds: Bounds, { isNaive = false, limitMs = Infinity }: ExploreOptions = {}): Result {
  const begin = performance.now(), states = new States(), choices = new Choices();
  const world = new World(bounds, new Memory(), choices, isNaive ? undefined : states);
  const outcomes = new Set<number>();
  let schedules = 0, cut = 0, deepest = 0, isWhole = false, failure: Failure | undefined;
  enterWorld(world);
  while (true) {
    const outcome = runOnce(world, scenario);
    if (world.isCut) cut++;
    else {
      schedules++;
      outcomes.add(outcome);
    }
    deepest = Math.max(deepest, choices.depth);
    if (world.failure !== undefined) {
      failure = traced(program, world, scenario);
      break;
    }
    if (!choices.advance()) {
      isWhole = true;
      break;
    }
    if (performance.now() - begin > limitMs) break;
  }
  const { steps, deathPoints } = world, ms = performance.now() - begin;
  return { schedules, cut, steps, states: states.count, deepest, deathPoints: deathPoints.size, outcomes, isWhole, ms, failure };
}

/** One run. Returns what came out. */
function runOnce(world: World, scenario: Scenario): number {
  world.begin();
  const { actors, check } = scenario.start();
  world.start(Object.entries(actors).map(([name, act]) => ({ name, id: world.idOf(name), code: codeOf(act) })));
  world.run();
  const outcome = world.finish();
  if (world.isCut || world.failure !== undefined) return outcome;
  try {
    check?.({ dead: world.actors.filter(({ isDead }) => isDead).map(({ name }) => name) });
  } catch (error) {
    world.fail(`at the end: ${error instanceof Error ? error.stack : error}`);
  }
  return outcome;
}

function codeOf(act: (() => void) & { $g?: () => Generator<void, void> }): Generator<void, void> {
  if (act.$g === undefined) throw new Error(`Cannot explore an actor that makes no step: ${act}`);
  return act.$g();
}

/** The last run again, taken down. */
function traced(program: Program, world: World, scenario: Scenario): Failure {
  const trace = new Trace(program.sites, (word) => world.nameOf(word));
  world.choices.repeat();
  world.trace = trace;
  runOnce(world, scenario);
  world.trace = undefined;
  return { message: world.failure!, path: world.choices.path, lines: trace.lines };
}
