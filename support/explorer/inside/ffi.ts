/**
 * Stands in for `ffi/mod.ts` in what is explored: there is no kernel, and the processor is the world's.
 *
 * @module
 */
import { world } from "../world.ts";
import { sleep } from "./atomics.ts";

/** Whether the processor keeps loads in order, and stores in order. */
export function hasTotalStoreOrder(): boolean {
  return world.isOrdered;
}

/** The one C function that locks call on their own. */
export function libc(): { sched_yield(): number } {
  return {
    sched_yield() {
      sleep(0);
      return 0;
    },
  };
}
