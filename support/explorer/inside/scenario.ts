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

/** Views of the shared memory are dear to make, and each run takes the same parts. */
const views = new Map<number, Views>();
const regions = new Map<string, Region>();

/**
 * A thing in shared memory, and a way to attach to it. To be called in `start`, as to attach is no step.
 *
 * @param type Such as `Mutex`.
 * @param options What it is made with.
 * @returns Attaches, as the actor of that name or as anybody else.
 */
export function share<Options, T>(type: SharedType<Options, T>, options: Options): (who: string) => T {
  const byteLength = type.byteLength(options), at = world.allot(byteLength);
  world.name(at, byteLength, type.kind);
  let all = views.get(at);
  if (all?.byteLength !== byteLength) views.set(at, all = new Views(buffer, at, byteLength));
  type.init(regionOf(all, type.kind, "init"), options);
  return (who) => type.attach(regionOf(all, type.kind, who), options);
}

function regionOf(all: Views, kind: string, who: string): Region {
  const key = `${who} ${kind} ${all.byteOffset} ${all.byteLength}`;
  let region = regions.get(key);
  if (region === undefined) {
    const party = {
      id: world.idOf(who),
      isAlive(id: number): boolean {
        return isAlive(id);
      },
      describe: (id: number) => `party ${id}`,
    };
    regions.set(key, region = new Region(`'${kind}'`, all, party, false));
  }
  return region;
}

/** Words of shared memory, for what a lock protects. Each access is a step. */
export function words(count: number, name = "words"): Int32Array {
  const at = world.allot(count * 4);
  world.name(at, count * 4, name);
  return new Int32Array(buffer, at, count);
}

/** The actor is inside of something from here on. It is wrong if another is inside of one of `others`. */
export function enter(what: string, ...others: string[]): void {
  world.comeInside(what, others);
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
export function require(is: boolean, message: string): void {
  if (!is) world.fail(message);
}

/** For the compiler: what a scenario's file exports by default. */
export function scenario(scenario: Scenario): Scenario {
  return scenario;
}
