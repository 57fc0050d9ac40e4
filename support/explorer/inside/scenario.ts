/**
 * What scenarios are written with.
 *
 * @module
 */
import { Views } from "../../../lib/layout/views.ts";
import { Region } from "../../../lib/memory/region.ts";
import type { SharedType } from "../../../lib/memory/shared_type.ts";
import type { Scenario } from "../scenario.ts";
import { isAlive } from "../steps.ts";
import { buffer, world } from "../world.ts";

export type { Scenario, Start } from "../scenario.ts";

/** A thing in shared memory. */
export interface Shared<T> {
  /** Attaches as the actor of a name, or under any other name. Call it in `start` or `check`: attaching is no step. */
  as(who: string): T;
  /** Its words, to be read in `check`. */
  readonly words: Int32Array;
  /**
   * Fails unless the thing's words are what they were before the actors began.
   *
   * @param except Words that may differ, such as counters. What locks count, in floats, may always.
   */
  mustBeUnchanged(except?: readonly number[]): void;
}

/** Views of shared memory are dear to make, and each run takes the same parts: by place, and by place and id. */
const views = new Map<number, Views>();
const regions = new Map<number, Region>();

/** Puts a thing into shared memory, such as a `Mutex`. To be called in `start`. */
export function share<Options, T>(type: SharedType<Options, T>, options: Options): Shared<T> {
  const byteLength = type.byteLength(options), at = world.allot(byteLength, type.kind);
  let all = views.get(at);
  if (all?.byteLength !== byteLength) {
    views.set(at, all = new Views(buffer, at, byteLength));
    regions.clear();
  }
  const place = all;
  type.init(regionOf(place, type.kind, 0), options);
  return {
    words: place.i32,
    as: (who) => type.attach(regionOf(place, type.kind, world.idOf(who)), options),
    mustBeUnchanged: (except = []) => {
      const changed = world.changedWords(at, byteLength).filter((word) => !except.includes(word) && !isStatistic(word));
      if (changed.length > 0) world.fail(`${type.kind}: words ${changed} are not what they were`);
    },
  };
}

function regionOf(place: Views, kind: string, id: number): Region {
  const key = place.byteOffset * 2 ** 16 + id;
  let region = regions.get(key);
  if (region === undefined) {
    const party = {
      id,
      seesDeaths: true,
      isAlive(id: number): boolean {
        return isAlive(id);
      },
      isOfThisThread: () => false,
      describe: (id: number) => `party ${id}`,
    };
    regions.set(key, region = new Region(`'${kind}'`, place, party, false));
  }
  return region;
}

/** Floats in which locks count, 64 bytes on in the header and in every cell behind it. */
function isStatistic(word: number): boolean {
  return word < 64 ? word >= 16 && word < 32 : word % 32 >= 16;
}

/** Words of shared memory, for what a lock protects. Each access is a step. */
export function words(count: number, name = "words"): Int32Array {
  const at = world.allot(count * 4, name);
  return new Int32Array(buffer, at, count);
}

/** The actor is inside of something from here on. It is wrong if another is inside of one of `others`. */
export function enter(what: string, ...others: string[]): void {
  world.comeInside(what, others);
}

/** As `enter`, where a number of actors may be at once. */
export function enterAtMost(count: number, what: string): void {
  world.comeInsideAtMost(count, what);
}

/** It is outside again. */
export function leave(): void {
  world.comeInside("", []);
}

/** Something is wrong. */
export function fail(message: string): void {
  world.fail(message);
}

/** Something must be so. */
export function must(is: boolean, message: string): void {
  if (!is) world.fail(message);
}

/** For the compiler: what a scenario's file exports by default. */
export function scenario(scenario: Scenario): Scenario {
  return scenario;
}
