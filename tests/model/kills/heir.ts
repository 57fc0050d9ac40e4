import { sleep } from "../../../lib/atomic/atomics.ts";
import { RoleTakenError } from "../../../lib/errors.ts";

/**
 * Takes a role as soon as its holder has released it or is dead.
 *
 * @param take Takes it.
 * @param isDone Whether the work is done already.
 * @returns The role; undefined if the work is done.
 */
export function takeOver<R>(take: () => R, isDone: () => boolean): R | undefined {
  while (!isDone()) {
    try {
      return take();
    } catch (error) {
      if (!(error instanceof RoleTakenError)) throw error;
    }
    sleep(0.2);
  }
  return undefined;
}
