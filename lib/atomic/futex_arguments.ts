/*
 * What a futex is told, checked: runtimes make some number of anything they hand to C, and a wait that is not what was
 * meant ends at once, always, or never.
 */

/** As many as there may be. */
export const EVERYBODY = 0x7fff_ffff;

/** In 285,000 years; from here on, milliseconds are no integers any more. Who waits so long waits for ever. */
const NEVER = 2 ** 53;

/** Refuses what no word can hold: the wait would end at once, always. */
export function requireWord(expected: number): void {
  if ((expected | 0) === expected) return;
  const ErrorClass = typeof expected === "number" ? RangeError : TypeError;
  throw new ErrorClass(
    `Cannot wait for a word as 'expected' must be an integer from -2^31 to 2^31 - 1: received ${String(expected)}`,
  );
}

/** The time at which a wait ends: Infinity where the deadline is too far for a clock. */
export function limitOf(deadline: number): number {
  if (deadline < NEVER && typeof deadline === "number") return deadline;
  if (typeof deadline === "number" && !Number.isNaN(deadline)) return Infinity;
  const ErrorClass = typeof deadline === "number" ? RangeError : TypeError;
  throw new ErrorClass(
    `Cannot wait for a word as 'deadline' must be a time in milliseconds, Infinity for none: received ${
      String(deadline)
    }`,
  );
}

/** How many of those who wait are to be woken, within what the kernel counts. */
export function sleepersOf(count: number): number {
  if (typeof count === "number" && count >= 0) return Math.min(Math.floor(count), EVERYBODY);
  throw new RangeError(`Cannot wake who waits for a word as 'count' must be 0 or more: received ${String(count)}`);
}
