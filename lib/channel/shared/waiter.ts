import { Backoff, Futex, pause, sleep } from "../../atomic/mod.ts";
import { type Region, requireOpen, requireOptions } from "../../memory/internal.ts";
import {
  type Armed,
  asyncLimitsOf,
  type AsyncWaitOptions,
  DEFAULT_POLL_MS,
  EventCount,
  type Goal,
  type Stop,
  TaskQueue,
  timeoutOf,
  WAITED,
  type Waited,
  type WaitOptions,
} from "../../sync/internal.ts";
import type { RoleOptions, WaitStrategy } from "./wait_strategy.ts";

/** What a hot path needs to wait: it polls by itself at first, and leaves the rest to the waiter. */
export interface WaitPorts {
  /** Whether a wait without a limit does nothing but poll. */
  readonly onlySpins: boolean;
  readonly pause: () => void;
  /** Throws if the options are not valid. */
  readonly check: (options: WaitOptions | undefined) => void;
  /** Waits until a condition holds that reads shared memory atomically; false if the time runs out first. */
  readonly until: (isReady: () => boolean, options: WaitOptions | undefined) => boolean;
}

/** Polls of a wait that blocks, before it gives way or sleeps: some microseconds. */
const FIRST_POLLS = 64;
/** Polls between two clock readings. */
const POLLS_PER_CLOCK_READ = 64;
/** Steps between two clock readings, when giving way. */
const STEPS_PER_CLOCK_READ = 4;

/** How long a wait that can be stopped polls before it checks whether it was, in milliseconds. */
const POLLED_PART_MS = 0.05;

/** Longest sleep of a wait that blocks and cannot be woken, in milliseconds: it takes under 1 % of a core. */
const LONGEST_SLEEP_MS = 2;

/**
 * Polls of a task after which a liveness check may be due: where a slot stays unchanged over that many.
 */
const POLLS_PER_LIFE_CHECK = 16;

/**
 * How a role of a channel waits. Made before the role is taken, as options may be refused.
 *
 * @param region Where the channel lies.
 * @param what What waits, in messages: "a record of" the channel.
 * @param options How.
 * @param eventOffset Where the event count is that is notified of what may end a wait, in bytes.
 * @throws {ReadOnlyError} On a read-only attachment.
 */
export function waiterOf(region: Region, what: string, options: RoleOptions, eventOffset: number): Waiter {
  requireOpen(region);
  return new Waiter(`${what} ${region.name}`, options, new EventCount(region.views.i32, eventOffset / 4, true));
}

/** Waiting for a channel with one of the strategies. */
export class Waiter implements WaitPorts {
  readonly pause: () => void = pause;
  readonly #what: string;
  readonly #strategy: WaitStrategy;
  readonly #event: (() => EventCount) | undefined;
  readonly #backoff: Backoff;
  readonly #tasks: TaskQueue;

  /**
   * @param what What waits, in messages: "a record of 'ticks'".
   * @param options How.
   * @param event Notified after each change that may end a wait; or which of several is, when nothing was found.
   * Undefined where a sleeper cannot announce itself, as in memory that is attached for reading only: it then sleeps in
   * short steps.
   */
  constructor(
    what: string,
    options: RoleOptions,
    event: EventCount | (() => EventCount) | undefined,
  ) {
    requireOptions(`wait for ${what}`, options, 'such as { wait: "spin" }');
    const { wait: strategy = "block", pollMs = DEFAULT_POLL_MS } = options;
    if (strategy !== "spin" && strategy !== "yield" && strategy !== "block") {
      throw new TypeError(`Cannot wait for ${what} as 'wait' must be "spin", "yield" or "block": received ${strategy}`);
    }
    if (typeof pollMs !== "number" || !(pollMs >= 0)) {
      throw new RangeError(`Cannot wait for ${what} as pollMs must be a number from 0 on: received ${String(pollMs)}`);
    }
    this.#what = what;
    this.#tasks = new TaskQueue(pollMs);
    this.#strategy = strategy;
    this.#event = typeof event === "object" ? () => event : event;
    this.#backoff = new Backoff({ yields: strategy === "yield" ? Infinity : 0, longestSleepMs: LONGEST_SLEEP_MS });
  }

  /** A hot path then waits by itself, and reads no clock. */
  get onlySpins(): boolean {
    return this.#strategy === "spin";
  }

  readonly check = (options: WaitOptions | undefined): void => void timeoutOf("wait for", this.#what, options, true);

  readonly until = (isReady: () => boolean, options: WaitOptions | undefined): boolean => {
    const timeoutMs = timeoutOf("wait for", this.#what, options, true);
    if (isReady()) return true;
    if (timeoutMs === 0) return false;
    if (options?.stop !== undefined) return this.#untilStopped(isReady, timeoutMs, options.stop);
    for (let poll = 0; poll < FIRST_POLLS; poll++) {
      pause();
      if (isReady()) return true;
    }
    if (this.#strategy === "spin") return this.#spin(isReady, timeoutMs);
    if (this.#strategy === "yield") return this.#giveWay(isReady, timeoutMs, STEPS_PER_CLOCK_READ);
    if (this.#event === undefined) return this.#giveWay(isReady, timeoutMs, 1);
    return this.#block(isReady, timeoutMs, this.#event);
  };

  /**
   * Waits in the event loop, as the task whose turn it is.
   *
   * @param attempt Takes what is waited for, if it can; without blocking.
   * @param isAlone Whether no other task may wait meanwhile, as what is taken is one view for all.
   * @returns False if the time runs out first.
   */
  untilAsync(attempt: () => boolean, options: AsyncWaitOptions | undefined, isAlone = false): Promise<boolean> {
    try {
      const limits = asyncLimitsOf("wait for", this.#what, options);
      if (isAlone) return this.#tasks.waitAlone(this.#what, this.#goalOf(attempt), limits);
      this.#tasks.requireNoneAlone(this.#what);
      return this.#tasks.wait(this.#goalOf(attempt), limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** How a wait set waits for the same. */
  waited(isReady: (isLifeCheck: boolean) => boolean): Waited {
    const eventNow = this.#event;
    return { isReady, announce: () => eventNow === undefined ? undefined : eventNow().announce() };
  }

  /** Makes the task whose turn it is check now: what it waits for was closed. */
  checkNow(): void {
    this.#tasks.check();
  }

  #goalOf(attempt: () => boolean): Goal {
    return {
      attempt(isLifeCheck) {
        for (let poll = isLifeCheck ? POLLS_PER_LIFE_CHECK : 1; poll > 0; poll--) if (attempt()) return true;
        return false;
      },
      arm: () => this.#arm(),
    };
  }

  #arm(): Armed | undefined {
    const eventNow = this.#event;
    if (eventNow === undefined) return undefined;
    const event = eventNow();
    const seen = event.snapshot(); // pairs: event count
    return {
      isUnsure: event.isUnsure,
      isCurrent: () => eventNow() === event,
      watch: (wake) => event.watch(seen, wake),
    };
  }

  /** A wait that can be stopped: it polls or sleeps as its strategy does, in short parts. */
  #untilStopped(isReady: () => boolean, timeoutMs: number, stop: Stop): boolean {
    const end = performance.now() + timeoutMs;
    while (!stop.isSet) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) return false;
      const partMs = Math.min(leftMs, POLLED_PART_MS);
      const isSpinning = this.#strategy === "spin";
      if (isSpinning ? this.#spin(isReady, partMs) : this.#giveWay(isReady, partMs, STEPS_PER_CLOCK_READ)) return true;
      if (this.#strategy !== "block") continue;
      const eventNow = this.#event, event = eventNow === undefined ? undefined : eventNow();
      const word = event === undefined ? undefined : event.announce(), stopWord = stop[WAITED].announce();
      if (isReady()) return true;
      if (stop.isSet || (eventNow !== undefined && eventNow() !== event)) continue;
      const known = [word, stopWord].filter((one) => one !== undefined), isSure = known.every((one) => !one.isUnsure);
      const sleepMs = Math.min(leftMs, known.length === 2 && isSure ? event!.recheckMs : LONGEST_SLEEP_MS);
      if (known.length === 0) sleep(sleepMs);
      else {Futex.waitAny(
          known.map(({ futex }) => futex),
          known.map(({ seen }) => seen),
          known[0].futex.now() + sleepMs,
        );}
    }
    return isReady();
  }

  #spin(isReady: () => boolean, timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    do {
      for (let poll = 0; poll < POLLS_PER_CLOCK_READ; poll++) {
        pause();
        if (isReady()) return true;
      }
    } while (performance.now() < deadline);
    return false;
  }

  /** Polls, and gives way in between; or sleeps, where it cannot be woken: a step is then so long as to be timed. */
  #giveWay(isReady: () => boolean, timeoutMs: number, stepsPerClockRead: number): boolean {
    const deadline = performance.now() + timeoutMs;
    this.#backoff.reset();
    do {
      for (let step = 0; step < stepsPerClockRead; step++) {
        this.#backoff.step();
        if (isReady()) return true;
      }
    } while (performance.now() < deadline);
    return false;
  }

  #block(isReady: () => boolean, timeoutMs: number, eventNow: () => EventCount): boolean {
    const deadline = eventNow().now() + timeoutMs;
    this.#backoff.reset();
    while (!this.#backoff.isSleeping) {
      this.#backoff.step();
      if (isReady()) return true;
    }
    while (true) {
      const event = eventNow();
      const seen = event.snapshot(); // pairs: event count
      if (isReady()) return true;
      if (eventNow() !== event) continue; // what is waited for has changed
      const until = Math.min(deadline, event.now() + event.recheckMs);
      const isWoken = event.wait(seen, until);
      if (isReady()) return true; // before it is announced anew, which is a system call
      if (!isWoken && until === deadline) return false;
    }
  }
}
