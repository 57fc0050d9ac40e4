import type { Program } from "./build.ts";
import { Choices, type Picker } from "./choices.ts";
import type { Conflicts } from "./conflicts.ts";
import type { Scenario } from "./scenario.ts";
import type { States } from "./states.ts";
import { Trace } from "./trace.ts";
import type { Setting } from "./turns.ts";
import { enterWorld, World } from "./world.ts";

/** Makes a world for a setting, and enters it. */
export function makeWorld(setting: Setting, choices: Choices, states?: States, conflicts?: Conflicts): World {
  const world = new World(setting, choices, states, conflicts);
  enterWorld(world);
  return world;
}

/**
 * Runs a scenario once. What went wrong is in the world afterwards.
 *
 * @returns What came out, as a number.
 */
export function runOnce(world: World, scenario: Scenario): number {
  world.begin();
  const { actors, mayWaitForEver, neverHeldUp, check } = scenario.start();
  const names = Object.keys(actors).filter((name) => !name.endsWith("$g"));
  const codes = names.map((name) => ({ name, id: world.idOf(name), code: codeOf(actors, name) }));
  world.start(codes, mayWaitForEver, neverHeldUp);
  world.run();
  const outcome = world.finish();
  if (world.isCut || world.failure !== undefined) return outcome;
  try {
    check?.({ dead: world.dead });
  } catch (error) {
    world.fail(`at the end: ${error instanceof Error ? error.stack : error}`);
  }
  return outcome;
}

type Twin = () => Generator<void, void>;

/**
 * The twin of an actor: beside it if it is written as a method, else its own. It has none if it seems to make no step.
 */
function codeOf(actors: Readonly<Record<string, (() => void) & { $g?: Twin }>>, name: string): Generator<void, void> {
  const twin = actors[`${name}$g`] as Twin | undefined ?? actors[name].$g;
  return twin === undefined ? atOnce(actors[name]) : twin.call(actors);
}

// deno-lint-ignore require-yield -- it runs at once
function* atOnce(act: () => void): Generator<void, void> {
  act();
}

/** One run, as it went. */
export interface Replay {
  /** What went wrong; undefined if all went well. */
  readonly failure: string | undefined;
  /** Which option each choice took. */
  readonly path: readonly number[];
  /** What happened, step by step. */
  readonly lines: readonly string[];
}

/**
 * Runs a scenario once more and takes down what happens.
 *
 * @param pickerOf Makes what decides in a world.
 */
export function replay(
  program: Program,
  scenario: Scenario,
  setting: Setting,
  pickerOf: (world: World) => Picker,
  conflicts?: Conflicts,
): Replay {
  // deno-lint-ignore prefer-const -- what picks is made of the world, which is made with the choices
  let pick: Picker | undefined;
  const choices = new Choices((kind, offer, count) => pick!(kind, offer, count)),
    world = makeWorld(setting, choices, undefined, conflicts);
  pick = pickerOf(world);
  const trace = world.trace = new Trace(program.sites, (word) => world.nameOf(word));
  world.memory.onDelay = (word) =>
    trace.note(`${world.current?.name ?? "the end"} does not see the newest ${world.nameOf(word)}`);
  runOnce(world, scenario);
  return { failure: world.failure, path: choices.path, lines: trace.lines };
}

/** Decides as in a run before, and beyond that takes first options. */
export function along(path: readonly number[]): Picker {
  let at = 0;
  return (_kind, _offer, count) => Math.min(path[at++] ?? 0, count - 1);
}
