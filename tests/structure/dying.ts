/**
 * Deaths in one thread: a call is left before its n-th atomic write, and none of what it does on its way out is seen.
 * Closing its attachment then releases its slot, as the kernel does for one that was killed.
 *
 * @module
 */

/** All atomic writes go through these. */
const WRITES = ["store", "exchange", "compareExchange", "add", "or", "and"] as const;

class Death extends Error {}

/** Runs a call that dies before its n-th atomic write, counted from 1. Returns whether it did. */
export function diesBefore(step: number, call: () => void): boolean {
  const all = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>;
  const own = WRITES.map((name) => [name, all[name]] as const);
  let writes = 0;
  for (const [name, write] of own) {
    all[name] = (...args) => {
      writes++;
      if (writes === step) throw new Death();
      // One that is dead writes no more: what `finally` does is not seen.
      return writes > step ? args[2] : write.apply(Atomics, args);
    };
  }
  try {
    call();
    return false;
  } catch (error) {
    if (writes < step) throw error; // what dies fails in any way on its way out
    return true;
  } finally {
    for (const [name, write] of own) all[name] = write;
  }
}

/** In a process that is to die: it kills itself before its n-th atomic write from now on. */
export function killBefore(step: number, kill: () => void): void {
  const all = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>;
  let writes = 0;
  for (const name of WRITES) {
    const write = all[name];
    all[name] = (...args) => {
      if (++writes === step) kill();
      return write.apply(Atomics, args);
    };
  }
}
