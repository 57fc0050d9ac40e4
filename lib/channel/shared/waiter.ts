import { Backoff, pause } from "../../atomic/mod.ts";
import type { EventCount, WaitOptions } from "../../sync/mod.ts";

/**
 * How a thread waits for a channel:
 *
 * * `"block"`: looks for two microseconds, then sleeps in the kernel until woken. Burns nothing, and costs a wake-up of
 *   some microseconds and the other side one system call.
 * * `"yield"`: looks, and gives the processor to other threads in between. Burns a core that nobody else wants.
 * * `"spin"`: looks all the time. The fastest, where a core can be spared for it.
 */
export type WaitStrategy = "spin" | "yield" | "block";

/** How a role of a channel waits, once taken. */
export interface RoleOptions {
  /** How the methods that wait do so; unless given, `"block"`. */
  readonly wait?: WaitStrategy;
}

/** Pauses of the processor between two looks. */
const PAUSES = 4;
/** Looks between two glances at the clock. */
const LOOKS = 32;
/** Steps between two glances at the clock, when giving way. */
const STEPS = 4;

/** Waiting for a channel with one of the strategies. */
export class Waiter {
  readonly #what: string;
  readonly #strategy: WaitStrategy;
  readonly #event: () => EventCount;
  readonly #backoff: Backoff;

  /**
   * @param what What waits, in messages: "a record of 'ticks'".
   * @param strategy How.
   * @param event Notified after each change that may end a wait; or which of several is, when nothing was found.
   */
  constructor(what: string, strategy: WaitStrategy = "block", event: EventCount | (() => EventCount)) {
    if (strategy !== "spin" && strategy !== "yield" && strategy !== "block") {
      throw new TypeError(`Cannot wait for ${what} as 'wait' must be "spin", "yield" or "block": received ${strategy}`);
    }
    this.#what = what;
    this.#strategy = strategy;
    this.#event = typeof event === "function" ? event : () => event;
    this.#backoff = new Backoff({ yields: strategy === "yield" ? Infinity : 0 });
  }

  /**
   * Waits until a condition holds, whose look at shared memory is atomic.
   *
   * @returns False if the time ran out first.
   */
  until(isReady: () => boolean, options: WaitOptions | undefined): boolean {
    const timeoutMs = options?.timeoutMs ?? Infinity;
    if (!(timeoutMs >= 0)) {
      throw new RangeError(`Cannot wait for ${this.#what} as timeoutMs must be 0 or more: received ${timeoutMs}`);
    }
    if (isReady()) return true;
    if (timeoutMs === 0) return false;
    if (this.#strategy === "spin") return this.#spin(isReady, timeoutMs);
    if (this.#strategy === "yield") return this.#yield(isReady, timeoutMs);
    return this.#block(isReady, timeoutMs);
  }

  #spin(isReady: () => boolean, timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    do {
      for (let look = 0; look < LOOKS; look++) {
        for (let i = 0; i < PAUSES; i++) pause();
        if (isReady()) return true;
      }
    } while (performance.now() < deadline);
    return false;
  }

  #yield(isReady: () => boolean, timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    this.#backoff.reset();
    do {
      for (let step = 0; step < STEPS; step++) {
        this.#backoff.step();
        if (isReady()) return true;
      }
    } while (performance.now() < deadline);
    return false;
  }

  #block(isReady: () => boolean, timeoutMs: number): boolean {
    const deadline = this.#event().now() + timeoutMs;
    this.#backoff.reset();
    while (!this.#backoff.isSleeping) {
      this.#backoff.step();
      if (isReady()) return true;
    }
    while (true) {
      const event = this.#event();
      const seen = event.snapshot(); // pairs with the notify of whoever makes the condition true
      if (isReady()) return true;
      if (this.#event() !== event) continue; // what is waited for has changed
      const until = Math.min(deadline, event.now() + event.recheckMs);
      if (!event.wait(seen, until) && until === deadline) return isReady();
    }
  }
}
