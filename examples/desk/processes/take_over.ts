import { RoleTakenError } from "../../../mod.ts";
import { sleep } from "../../../lib/atomic/mod.ts";

/**
 * The kernel needs a moment to report that a process is dead; one that still lives after this long is not going to die.
 */
const PATIENCE_MS = 5000;

/**
 * Takes a role, if need be once its last holder is known to be dead. Blocks meanwhile.
 *
 * @throws {RoleTakenError} If a living process keeps holding it.
 */
export function takeOver<T>(take: () => T): T {
  const start = performance.now();
  while (true) {
    try {
      return take();
    } catch (error) {
      if (!(error instanceof RoleTakenError) || performance.now() - start > PATIENCE_MS) throw error;
      sleep(2);
    }
  }
}
