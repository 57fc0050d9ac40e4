/**
 * What scenarios about segments are written with: their actors are processes, and the kernel has files.
 *
 * @module
 */
import { world } from "../world.ts";

/** The kernel takes its memory. To be called first in `start`. */
export function boot(): void {
  world.kernel.boot();
}

/** Does something as the process that an actor will be, before the actors begin. */
export function as<T>(who: string, act: () => T): T {
  world.caller = world.idOf(who);
  try {
    return act();
  } finally {
    world.caller = 0;
  }
}

/** The process that prepares or checks dies: its locks are gone. Before the actors begin, and at the end. */
export function die(): void {
  world.kernel.exit(0);
}

/** The process id of an actor. */
export function pidOf(who: string): number {
  return world.pidOf(who);
}

/** Whether an actor has died by now: to be asked right after a step. */
export function hasDied(who: string): boolean {
  return world.dead.includes(who);
}

/** The number of the file that a name leads to; 0 if there is none. */
export function fileOf(name: string): number {
  return world.kernel.fileNamed(name);
}
