import type { Stop } from "./wait_options.ts";

/**
 * A waiter checks at this interval whether the owner is still alive: a death is noticed within 100 ms, and sleeping
 * takes under 1 % of a core even where a wake-up takes 200 µs, as on a virtual machine.
 */
export const LIFE_CHECK_MS = 40;

/**
 * When a blocking wait ends without success: when its time has run out, or when it is stopped. A stop is noticed at the
 * next check whether the owner is alive.
 */
export class WaitLimit {
  /** Infinity for none. On the clock of the lock once the wait has begun; before that, counted from then. */
  readonly deadline: number;
  readonly #stop: Stop | undefined;

  /**
   * @param deadline Milliseconds.
   * @param stop Ends the wait once it is set.
   */
  constructor(deadline: number, stop: Stop | undefined) {
    this.deadline = deadline;
    this.#stop = stop;
  }

  /** The limit of a wait that begins now. */
  from(now: number): WaitLimit {
    return this.deadline === Infinity ? this : new WaitLimit(now + this.deadline, this.#stop);
  }

  /** Whether the wait has no end of its own. */
  get isEndless(): boolean {
    return this.deadline === Infinity && this.#stop === undefined;
  }

  /** Until when to sleep: to the next check whether the owner is alive, and not beyond the limit. */
  nextCheck(now: number): number {
    return this.#isStopped() ? now : Math.min(this.deadline, now + LIFE_CHECK_MS);
  }

  /** Whether a wait that slept until then ends. */
  isReached(until: number): boolean {
    return until >= this.deadline || this.#isStopped();
  }

  #isStopped(): boolean {
    return this.#stop !== undefined && this.#stop.isSet;
  }
}

/** Of a wait without end. */
export const NO_LIMIT: WaitLimit = new WaitLimit(Infinity, undefined);
/** Of a call that does not wait. */
export const NO_WAIT: WaitLimit = new WaitLimit(-Infinity, undefined);
