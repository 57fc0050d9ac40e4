import type { Program } from "./build.ts";
import type { Picker } from "./choices.ts";
import type { Conflicts } from "./conflicts.ts";
import { along, type Replay, replay } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { OWN, type Setting, TURN } from "./turns.ts";
import type { World } from "./world.ts";

/** Options without what they cost. */
const OPTION_BITS = 0xff;

/** A choice that did not take the first option, described so that it applies to other runs, too. */
interface Decision {
  /** Where it was made: the actor, its number of steps, the kind of choice, and the number of that kind before. */
  readonly where: string;
  readonly option: number;
}

/**
 * Makes a schedule that goes wrong simpler: leaves out one decision after the other, such as a preemption or a death,
 * as long as the same goes wrong.
 *
 * @param path Of the run that went wrong.
 * @param conflicts What it knew of shared words.
 * @returns The simplest run that was found, with a turn at every step.
 */
export function shrink(
  program: Program,
  scenario: Scenario,
  setting: Setting,
  path: readonly number[],
  conflicts: Conflicts | undefined,
): Replay {
  let decisions: Decision[] = [];
  const first = replay(program, scenario, setting, (world) => noting(along(path), world, decisions), conflicts);
  let best = replay(program, scenario, setting, (world) => guided(decisions, world));
  if (!isSameFault(best, first)) return first;
  for (let without = 0; without < decisions.length;) {
    const fewer = decisions.toSpliced(without, 1), taken: Decision[] = [];
    const tried = replay(program, scenario, setting, (world) => noting(guided(fewer, world), world, taken));
    if (isSameFault(tried, best) && taken.length <= fewer.length) {
      best = tried;
      decisions = taken;
      without = 0;
    } else without++;
  }
  return best;
}

/** Messages differ in numbers and in places; the fault is the same if the rest is. */
function isSameFault(one: Replay, other: Replay): boolean {
  const sense = ({ failure }: Replay) => failure?.split("\n")[0].replace(/-?\d+/g, "#");
  return one.failure !== undefined && sense(one) === sense(other);
}

/** Takes those decisions where they stand, and first options elsewhere. */
function guided(decisions: readonly Decision[], world: World): Picker {
  const options = new Map(decisions.map(({ where, option }) => [where, option])), place = placeIn(world);
  return (kind, offer, count) => {
    const option = options.get(place(kind));
    const found = option === undefined
      ? 0
      : offer.subarray(0, count).findIndex((one) => (one & OPTION_BITS) === option);
    return Math.max(0, found);
  };
}

/** Writes down the decisions of a picker. */
function noting(picker: Picker, world: World, decisions: Decision[]): Picker {
  const place = placeIn(world);
  return (kind, offer, count) => {
    const index = picker(kind, offer, count), where = place(kind);
    if (index > 0) decisions.push({ where, option: offer[index] & OPTION_BITS });
    return index;
  };
}

function placeIn(world: World): (kind: number) => string {
  const times = new Map<string, number>();
  return (kind) => {
    const { current } = world,
      what = kind === OWN ? TURN : kind,
      where = `${current?.index} ${current?.steps} ${what}`,
      before = times.get(where) ?? 0;
    times.set(where, before + 1);
    return `${where} ${before}`;
  };
}
