/**
 * Stands in for `scenario.ts` and `history.ts` where a scenario runs in real processes: each is one of its actors, and
 * what is shared lies in a segment.
 *
 * @module
 */
import { OWN_TYPE } from "../../../lib/memory/internal.ts";
import type { Region } from "../../../lib/memory/region.ts";
import { Segment } from "../../../lib/memory/segment.ts";
import type { SharedType } from "../../../lib/memory/shared_type.ts";
import type { Scenario } from "../scenario.ts";
import type * as explored from "./scenario.ts";

export type { Scenario, Start } from "../scenario.ts";
export { DIES, type Operation, type Specification } from "../linearizability.ts";

const Words: SharedType<{ count: number }, Int32Array> & { readonly [OWN_TYPE]: true } = {
  kind: "Words",
  [OWN_TYPE]: true, // lies in the segment's own memory, so that its accesses are points
  byteLength: ({ count }) => count * 4,
  init: () => {},
  attach: (region: Region) => region.source.i32,
};

let segment: Segment;
let role: string | undefined;
let things = 0;

/**
 * Makes what follows take place in a segment.
 *
 * @param next The segment.
 * @param as The actor that this process is; undefined for the one that makes the segment and checks it at the end.
 */
export function enterSegment(next: Segment, as: string | undefined): void {
  segment = next;
  role = as;
  things = 0;
}

/** As in the explored world. */
export function share<Options, T>(type: SharedType<Options, T>, options: Options): explored.Shared<T> {
  const name = `${type.kind} ${things++}`;
  if (role === undefined) segment.create(name, type, options);
  return {
    words: new Int32Array(0),
    as: (who) => role === undefined || who === role ? segment.open(name, type, options) : nobody as T,
    mustBeUnchanged: () => {},
  };
}

/** This process does not use what is attached as another actor, except for a try before it begins. */
const nobody: unknown = new Proxy({}, { get: () => () => false });

/** As in the explored world. */
export function words(count: number, _name?: string): Int32Array {
  const name = `words ${things++}`;
  return role === undefined ? segment.create(name, Words, { count }) : segment.open(name, Words, { count });
}

/** A process does not see which others are inside: the protected words show it. */
export function enter(_what: string, ..._others: string[]): void {}

/** As `enter`. */
export function enterAtMost(_count: number, _what: string): void {}

/** As `enter`. */
export function leave(): void {}

/** Something is wrong. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Something must be so. */
export function must(is: boolean, message: string): void {
  if (!is) fail(message);
}

/** As in the explored world. */
export function scenario(scenario: Scenario): Scenario {
  return scenario;
}

/** Calls only: a history of several processes is not recorded. */
export class History {
  /** Calls something. */
  call<T>(_name: string, _args: readonly unknown[], operation: () => T): T {
    return operation();
  }
}

/** For the compiler: this module has all that the others have. */
type Complete = typeof import("./real_scenario.ts") extends
  Record<keyof typeof explored | keyof typeof import("./history.ts"), unknown> ? true : never;
const _isComplete: Complete = true;
export { Segment };
