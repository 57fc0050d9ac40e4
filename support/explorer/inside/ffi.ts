/**
 * Stands in for `ffi/mod.ts` in what is explored: there is no kernel, and the processor is the world's.
 *
 * @module
 */
import { ESRCH } from "../../../ffi/linux.ts";
import { kernelCall } from "../steps.ts";
import { world } from "../world.ts";
import { sleep } from "./atomics.ts";

export { SystemError, UnsupportedError } from "../../../ffi/error.ts";
export { ShmkitError } from "../../../ffi/shmkit_error.ts";

/** Whether the processor keeps loads in order, and stores in order. */
export function hasTotalStoreOrder(): boolean {
  return world.isOrdered;
}

/** The C functions that parts call on their own. An actor is a process of one thread. */
interface Libc {
  sched_yield(): number;
  geteuid(): number;
  getpid(): number;
  gettid(): number;
  kill(tid: number): number;
}

const functions: Libc = {
  sched_yield() {
    sleep(0);
    return 0;
  },
  geteuid: () => 0,
  getpid: () => world.pidOf(),
  gettid: () => world.pidOf(),
  kill(tid) {
    return kernelCall(`asks whether thread ${tid} is there`, () => world.livesOn(tid - 1) ? 0 : -ESRCH);
  },
};

/** The C functions. */
export function libc(): Libc {
  return functions;
}

/** It is loaded from the start. */
export const loadedLibc = libc;
