import { specialize } from "../../atomic/internal.ts";
import { Guard } from "../guard.ts";
import { makeAcquirePath } from "./acquire_path.ts";
import type { AsyncWaitOptions } from "./async/async_wait_options.ts";
import type { Lock } from "./lock.ts";
import type { LockStats } from "./lock_stats.ts";
import type { WaitOptions } from "./wait_options.ts";

/**
 * The forms that take a lock for a block, the same for all kinds. The fast paths stay in the classes themselves: see
 * `owned_locking.ts`. Each kind has a copy of `acquire`: one that all kinds shared took Bun up to 2 ns longer in a
 * process that uses several of them, where it cannot know which `lock` is called.
 */
export abstract class GuardedLock<G extends Guard = Guard> implements Lock {
  readonly #guard: G;

  /** As {@linkcode Lock.acquire}. */
  declare readonly acquire: {
    (): G;
    /** The same with a limit: `undefined` if the time ran out. */
    (options: WaitOptions): G | undefined;
  };

  /**
   * Makes the guard of this lock object.
   *
   * @param makeGuard Called once, with the lock.
   */
  constructor(makeGuard: (lock: Lock) => G) {
    this.#guard = makeGuard(this);
    const kind: object = new.target.prototype;
    if (Object.hasOwn(kind, "acquire")) return;
    const value = specialize(makeAcquirePath<GuardedLock<G>, G>)((lock) => lock.#guard);
    Object.defineProperty(kind, "acquire", { value, configurable: true, writable: true });
  }

  abstract tryLock(): boolean;
  abstract lock(options?: WaitOptions): boolean;
  abstract unlock(): void;
  abstract lockAsync(options?: AsyncWaitOptions): Promise<boolean>;
  abstract get ownerDied(): boolean;
  abstract stats(): LockStats;

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
