/**
 * What another does between two steps of a call, in one thread: each atomic write and each pause of the processor is a
 * step, and something can be run before it.
 *
 * @module
 */

const STEPS = ["store", "exchange", "compareExchange", "add", "or", "and", "pause"] as const;

/**
 * Runs a call, and something before each of its steps; the steps of that are not counted.
 *
 * @returns What the call returned, and how many steps it had.
 */
export function inBetween<T>(call: () => T, before: (step: number) => void): { result: T; steps: number } {
  const all = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>;
  const own = STEPS.map((name) => [name, all[name]] as const);
  let steps = 0, isNested = false;
  for (const [name, step] of own) {
    all[name] = (...args) => {
      if (!isNested) {
        isNested = true;
        try {
          before(++steps);
        } finally {
          isNested = false;
        }
      }
      return step.apply(Atomics, args);
    };
  }
  try {
    return { result: call(), steps };
  } finally {
    for (const [name, step] of own) all[name] = step;
  }
}
