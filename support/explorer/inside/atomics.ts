/**
 * Stands in for `lib/atomic/atomics.ts` in what is explored: every access is a step.
 *
 * @module
 */
import type * as real from "../../../lib/atomic/atomics.ts";
import { beginPause, endPause } from "../steps.ts";

export { add, and, compareExchange, exchange, load, or, peek, release, store } from "../steps.ts";
export type { AtomicOperations, Narrow, Words } from "../../../lib/atomic/atomics.ts";

/** Nothing is compiled so that it would matter. */
export const compilerBarrier: Int32Array = new Int32Array(2);

/** Only `word_accesses.ts` uses them, which has a stand-in of its own. */
export const operations: undefined = undefined;

/** Spinning takes no time here: the load in a spin is a step. */
export function pause(): void {}

/** Lets time pass. */
export function sleep(ms: number): void {
  beginPause(ms);
  endPause();
}

/** There is no runtime's futex: see `futex.ts`. */
export function waitLocal(): never {
  throw new Error("Cannot wait as the explored world has futexes of its own");
}

/** As `waitLocal`. */
export function waitLocalAsync(): never {
  return waitLocal();
}

/** As `waitLocal`. */
export function wakeLocal(): never {
  throw new Error("Cannot wake as the explored world has futexes of its own");
}

/** For the compiler: this module has all that the real one has. */
type Complete = typeof import("./atomics.ts") extends Record<keyof typeof real, unknown> ? true : never;
const _isComplete: Complete = true;
