import type { WaitOptions } from "./wait_options.ts";

/** The part of a lock that taking it for a block uses. */
export interface Lockable {
  lock(options?: WaitOptions): boolean;
}

/** `acquire` of one kind of lock, as a method. */
export function makeAcquirePath<L extends Lockable, G>(
  guardOf: (lock: L) => G,
): (this: L, options?: WaitOptions) => G | undefined {
  return function acquire(options) {
    return this.lock(options) ? guardOf(this) : undefined;
  };
}
