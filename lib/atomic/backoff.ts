import { libc } from "../../ffi/mod.ts";
import { pause, sleep } from "./atomics.ts";

/** How patient a {@linkcode Backoff} is. */
export interface BackoffOptions {
  /** How many steps spin: step n pauses the processor 2ⁿ times. Unless given, 6: 63 pauses in all. */
  readonly spins?: number;
  /** How many steps then give the processor to another thread. Unless given, 4. */
  readonly yields?: number;
  /** How long the first sleep is, in milliseconds; each is twice as long as the one before. Unless given, 0.05. */
  readonly firstSleepMs?: number;
  /** How long a sleep gets. Unless given, 5. */
  readonly longestSleepMs?: number;
}

/**
 * What to do between two looks at a word that another thread is about to change: first spin for some hundred
 * nanoseconds, then give way, then sleep for longer and longer. Asleep it takes well under 1 % of a core. Belongs to one
 * thread and shares nothing. Source: crossbeam-utils' `Backoff`, with sleeping as a last step.
 *
 * @example
 * ```ts
 * import { Backoff } from "@shmkit/shmkit";
 * import { assert } from "@std/assert";
 *
 * const backoff = new Backoff();
 * while (!backoff.isSleeping) backoff.step(); // and look at the word after each step
 * assert(backoff.steps > 0);
 * backoff.reset(); // the word changed: the next wait begins with spinning
 * ```
 */
export class Backoff {
  readonly #spins: number;
  readonly #yieldsEnd: number;
  readonly #firstSleepMs: number;
  readonly #longestSleepMs: number;
  #steps = 0;
  #sleepMs: number;

  /**
   * Begins with spinning.
   *
   * @param options How patient.
   */
  constructor({ spins = 6, yields = 4, firstSleepMs = 0.05, longestSleepMs = 5 }: BackoffOptions = {}) {
    this.#spins = spins;
    this.#yieldsEnd = spins + yields;
    this.#firstSleepMs = firstSleepMs;
    this.#longestSleepMs = longestSleepMs;
    this.#sleepMs = firstSleepMs;
  }

  /** Steps since the last reset. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether the next step sleeps. */
  get isSleeping(): boolean {
    return this.#steps >= this.#yieldsEnd;
  }

  /** Begins with spinning again. */
  reset(): void {
    this.#steps = 0;
    this.#sleepMs = this.#firstSleepMs;
  }

  /** Spins, gives way or sleeps, for longer than the step before. */
  step(): void {
    const step = this.#steps++;
    if (step < this.#spins) this.#spin(1 << step);
    else if (step < this.#yieldsEnd) yieldProcessor();
    else {
      sleep(this.#sleepMs);
      this.#sleepMs = Math.min(this.#sleepMs * 2, this.#longestSleepMs);
    }
  }

  #spin(pauses: number): void {
    for (let i = 0; i < pauses; i++) pause();
  }
}

let schedYield: (() => unknown) | undefined;

/** Lets another thread run. Where libc is out of reach, sleeps as shortly as can be. */
function yieldProcessor(): void {
  schedYield ??= findYield();
  schedYield();
}

function findYield(): () => unknown {
  try {
    const { sched_yield } = libc();
    return sched_yield;
  } catch {
    return () => sleep(0.001);
  }
}
