import { loadedLibc } from "../../ffi/mod.ts";
import { pause, sleep } from "./atomics.ts";

/** With this many, the last step that spins takes some 50 ms. */
const MOST_SPINS = 20;

/** Kernels do not sleep for a shorter time. */
const SHORTEST_SLEEP_MS = 0.001;

/** An hour: no wait should notice a change later. */
const LONGEST_SLEEP_MS = 3_600_000;

/** How patient a {@linkcode Backoff} is. */
export interface BackoffOptions {
  /** How many steps spin, up to 20: step n pauses the processor 2ⁿ times. Defaults to 6, which is 63 pauses in all. */
  readonly spins?: number;
  /** How many steps then yield the processor to another thread; with Infinity it never sleeps. Defaults to 4. */
  readonly yields?: number;
  /**
   * How long the first sleep is, in milliseconds, from 0.001 on; each is twice as long as the one before. Defaults to
   * 0.05.
   */
  readonly firstSleepMs?: number;
  /** The longest sleep, in milliseconds, up to an hour. Defaults to 5, or to the first sleep if that is longer. */
  readonly longestSleepMs?: number;
}

/**
 * Waits between two checks of a word that another thread is about to change: first spins for some hundred nanoseconds,
 * then yields, then sleeps for longer and longer. Asleep it takes well under 1 % of a core. Belongs to one thread and
 * shares nothing. Source: crossbeam-utils' `Backoff`, with sleeping as a last step.
 *
 * @example
 * ```ts
 * import { Backoff } from "@shmkit/shmkit";
 * import { assert } from "@std/assert";
 *
 * const backoff = new Backoff(); while (!backoff.isSleeping) backoff.step(); // and check the word after each step
 * assert(backoff.steps > 0); backoff.reset(); // the word changed: the next wait begins with spinning
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
   * Makes a backoff that begins with spinning.
   *
   * @param options How long it spins, yields and sleeps.
   * @throws {RangeError} If one of them is out of range; also if it is not a number.
   */
  constructor(
    { spins = 6, yields = 4, firstSleepMs = 0.05, longestSleepMs }: BackoffOptions = {},
  ) {
    requireNumber("spins", spins, 0, MOST_SPINS);
    requireNumber("yields", yields, 0, Infinity);
    requireNumber("firstSleepMs", firstSleepMs, SHORTEST_SLEEP_MS, LONGEST_SLEEP_MS);
    const longest = longestSleepMs === undefined ? Math.max(5, firstSleepMs) : longestSleepMs;
    requireNumber("longestSleepMs", longest, firstSleepMs, LONGEST_SLEEP_MS);
    this.#spins = spins;
    this.#yieldsEnd = spins + yields;
    this.#firstSleepMs = firstSleepMs;
    this.#longestSleepMs = longest;
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

  /** Spins, yields or sleeps, for longer than the step before. */
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

/** Refuses a value outside a range: a sleep of NaN milliseconds never ends, one of 0 takes a whole core. */
function requireNumber(option: string, value: number, from: number, to: number): void {
  const isCount = option === "spins" || option === "yields";
  const isNumber = isCount ? Number.isInteger(value) || value === Infinity : typeof value === "number";
  if (isNumber && value >= from && value <= to) return;
  throw new RangeError(
    `Cannot make a backoff as '${option}' must be ${
      isCount ? "an integer" : "a number"
    } from ${from} to ${to}: received ${String(value)}`,
  );
}

/**
 * Lets another thread run. A thread that has not loaded libc, which may take a permission, makes the shortest possible
 * sleep instead.
 */
function yieldProcessor(): void {
  const c = loadedLibc();
  if (c === undefined) sleep(0.001);
  else c.sched_yield();
}
