/**
 * Stands in for `ffi/mod.ts` in what is explored: there is no kernel, and the processor is the world's.
 *
 * @module
 */
import { world } from "../world.ts";
import { sleep } from "./atomics.ts";

export { SystemError, UnsupportedError } from "../../../ffi/error.ts";
export { ShmkitError } from "../../../ffi/shmkit_error.ts";

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

/** It is loaded from the start. */
export const loadedLibc = libc;
