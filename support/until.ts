/**
 * Waiting in tests: for what another process does, however long a busy machine takes.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** How long living processes may take to make progress, whatever else runs. */
const GO_ON_MS = 60_000;

/**
 * Waits until a condition holds.
 *
 * @param isSo The condition, called again and again.
 * @param failed Makes the error's message if the condition does not hold after a long time.
 * @param most How long that is, in milliseconds; defaults to a minute.
 */
export async function until(isSo: () => boolean, failed: () => string, most: number = GO_ON_MS): Promise<void> {
  for (const limit = performance.now() + most; !isSo(); await delay(1)) {
    if (performance.now() > limit) throw new Error(failed());
  }
}
