import { Guard } from "../guard.ts";
import type { AsyncWaitOptions } from "./async/async_wait_options.ts";
import type { Lock } from "./lock.ts";
import type { LockStats } from "./lock_stats.ts";
import type { WaitOptions } from "./wait_options.ts";

/**
 * The forms that take a lock for a block, the same for all kinds. The fast paths stay in the classes themselves: see
 * `owned_locking.ts`. A shared `acquire` costs nothing in a process that uses one kind of lock, and 1 to 2 ns in Bun
 * where it uses several.
 */
export abstract class GuardedLock<G extends Guard = Guard> implements Lock {
  readonly #guard: G;

  /**
   * Makes the guard of this lock object.
   *
   * @param makeGuard Called once, with the lock.
   */
  constructor(makeGuard: (lock: Lock) => G) {
    this.#guard = makeGuard(this);
  }

  abstract tryLock(): boolean;
  abstract lock(options?: WaitOptions): boolean;
  abstract unlock(): void;
  abstract lockAsync(options?: AsyncWaitOptions): Promise<boolean>;
  abstract get ownerDied(): boolean;
  abstract stats(): LockStats;

  /** As {@linkcode Lock.acquire}. */
  acquire(): G;
  /** The same with a limit: `undefined` if the time ran out. */
  acquire(options: WaitOptions): G | undefined;
  acquire(options?: WaitOptions): G | undefined {
    return this.lock(options) ? this.#guard : undefined;
  }

  /** As {@linkcode Lock.acquireAsync}. */
  acquireAsync(): Promise<G>;
  /** The same with a limit: `undefined` if the time ran out. */
  acquireAsync(options: AsyncWaitOptions): Promise<G | undefined>;
  async acquireAsync(options?: AsyncWaitOptions): Promise<G | undefined> {
    return await this.lockAsync(options) ? this.#guard : undefined;
  }
}

/** The guard of a lock whose guard has nothing of its own. */
export function plainGuard(lock: Lock): Guard {
  return new Guard(lock);
}
