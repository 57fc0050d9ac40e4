/**
 * Stands in for `lib/atomic/fence.ts` in what is explored.
 *
 * @module
 */
import type * as real from "../../../lib/atomic/fence.ts";
import { fenceAll } from "../steps.ts";
import { world } from "../world.ts";

/** Whether sleepers fence all processes, so that `release` is enough to publish with. */
export function isFenced(): boolean {
  return world.hasMembarrier;
}

/** Fences all processes, where the kernel does that. */
export function fence(): boolean {
  if (!world.hasMembarrier) return false;
  fenceAll();
  return true;
}

/** For the compiler: this module has all that the real one has. */
type Complete = typeof import("./fence.ts") extends Record<keyof typeof real, unknown> ? true : never;
const _isComplete: Complete = true;
