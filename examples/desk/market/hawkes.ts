import type { SeededRandom } from "./seeded_random.ts";

/** How arrivals cluster. */
export interface HawkesOptions {
  /** Arrivals a second, on average. */
  readonly rate: number;
  /** How many further arrivals one sets off on average, from 0 to below 1. */
  readonly branching: number;
  /** How long that lasts on average, in seconds. */
  readonly memory: number;
}

/**
 * Times of arrivals that come in clusters, as those of orders do: each one makes others likely for a while (A. Hawkes,
 * 1971). The waiting times are drawn by thinning (Y. Ogata, 1981).
 */
export class Hawkes {
  readonly #random: SeededRandom;
  readonly #base: number;
  readonly #jump: number;
  readonly #decay: number;
  /** The rate above the base, just after the last arrival. */
  #excited = 0;

  /** Begins quietly. */
  constructor(random: SeededRandom, { rate, branching, memory }: HawkesOptions) {
    if (!(rate > 0) || !(branching >= 0 && branching < 1) || !(memory > 0)) {
      throw new RangeError(
        `Cannot make arrivals as their rate and memory must be above 0 and their branching from 0 to below 1: received ${rate}, ${memory} and ${branching}`,
      );
    }
    this.#random = random;
    this.#base = rate * (1 - branching);
    this.#decay = 1 / memory;
    this.#jump = branching * this.#decay;
  }

  /** Seconds to the next arrival. */
  next(): number {
    let wait = 0, excited = this.#excited;
    while (true) {
      // The rate only falls until then, so what it is now bounds it.
      const bound = this.#base + excited;
      const step = this.#random.exponential(1 / bound);
      wait += step;
      excited *= Math.exp(-this.#decay * step);
      if (this.#random.uniform() * bound <= this.#base + excited) {
        this.#excited = excited + this.#jump;
        return wait;
      }
    }
  }
}
