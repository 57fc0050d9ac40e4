/** Pseudo-random numbers, the same for the same seed (mulberry32, Tommy Ettinger). */
export class Random {
  /** Printed by the test that uses it, so that a failure can be repeated. */
  readonly seed: number;
  #state: number;

  /** @param seed Printed by the test that uses it, so that a failure can be repeated. */
  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** From 0 to 2^32 − 1. */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** An integer from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.u32() / 2 ** 32 * limit);
  }
}
