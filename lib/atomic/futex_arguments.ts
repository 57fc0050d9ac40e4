/*
 * Checks the arguments of a futex: runtimes convert anything that they pass to C into some number, and a wait with a
 * wrong one ends at once, always, or never.
 */

/** The most waiters there can be. */
export const EVERYBODY = 0x7fff_ffff;

/** In 285,000 years; beyond it, milliseconds are no longer exact. So long a wait has no end. */
const NEVER = 2 ** 53;

/** Refuses a value that no word can have: the wait would always end at once. */
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

/** How many waiters are to be woken, within the kernel's limit. */
export function sleepersOf(count: number): number {
  if (typeof count === "number" && count >= 0) return Math.min(Math.floor(count), EVERYBODY);
  throw new RangeError(`Cannot wake waiters of a word as 'count' must be 0 or more: received ${String(count)}`);
}
