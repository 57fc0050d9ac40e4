import { sleep } from "../../../lib/atomic/atomics.ts";
import { RoleTakenError } from "../../../lib/errors.ts";

/**
 * Takes a role as soon as nobody alive has it.
 *
 * @param take Takes it.
 * @param isDone Whether whoever had it has done all that was to be done.
 * @returns The role; undefined if all is done.
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
