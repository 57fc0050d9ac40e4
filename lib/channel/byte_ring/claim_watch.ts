/** Polls of a claimed message before the clock is read: most claims end sooner. */
const POLLS = 8;
/** Minimum interval between liveness checks, in milliseconds. Each asks the kernel, which takes a microsecond. */
const LIFE_CHECK_MS = 1;

/**
 * Finds out whether the claimer of the message that a consumer waits at is dead. The kernel reports a death; time
 * decides only when to ask: a claim that was found just now is most likely being filled.
 */
export class ClaimWatch {
  readonly #isAlive: (claimer: number) => boolean;
  #position = -1;
  #polls = 0;
  #nextCheck = 0;

  /** @param isAlive Asks the kernel. */
  constructor(isAlive: (claimer: number) => boolean) {
    this.#isAlive = isAlive;
  }

  /**
   * Whether a claimer is known to be dead.
   *
   * @param position Where its message is.
   * @param claimer Its id.
   * @param isWaiting Whether the caller has nothing else to do.
   */
  isDead(position: number, claimer: number, isWaiting: boolean): boolean {
    if (position !== this.#position) {
      this.#position = position;
      this.#polls = 0;
    }
    if (++this.#polls < POLLS && !isWaiting) return false;
    const now = performance.now();
    if (now < this.#nextCheck) return false;
    this.#nextCheck = now + LIFE_CHECK_MS;
    return !this.#isAlive(claimer);
  }
}
