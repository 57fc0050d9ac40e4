/** What a guard unlocks. */
export interface Unlockable {
  /** Releases the lock. */
  unlock(): void;
  /** Whether the previous owner died while it held the lock. */
  readonly ownerDied: boolean;
}

/**
 * A held lock, for `using`. Each lock object has one guard and hands it out again and again, so taking a lock allocates
 * nothing. If the process dies, the lock's own rules hold: the guard adds none.
 */
export class Guard implements Disposable {
  readonly #lock: Unlockable;

  /**
   * Makes the guard of a lock.
   *
   * @param lock What to unlock at the end.
   */
  constructor(lock: Unlockable) {
    this.#lock = lock;
  }

  /** Whether the previous owner died while it held the lock: what the lock protects may be half done. */
  get ownerDied(): boolean {
    return this.#lock.ownerDied;
  }

  /** Unlocks. */
  [Symbol.dispose](): void {
    this.#lock.unlock();
  }
}
