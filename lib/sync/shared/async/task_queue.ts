import { isTurnDue } from "../../../atomic/internal.ts";
import type { AsyncLimits } from "./async_wait_options.ts";
import type { Goal } from "./goal.ts";
import { TaskWait } from "./task_wait.ts";

/** How long tasks poll between turns of the event loop where waits are short, by default: in milliseconds. */
export const DEFAULT_POLL_MS = 2;

/** The tasks of this thread that wait with one object: one at a time, in the order of their calls. */
export class TaskQueue {
  readonly #pollMs: number;
  readonly #waits: TaskWait[] = [];
  /** How long the last wait took. */
  #lastMs = 0;
  /** Whether the waiting task must be the only one. */
  #isAlone = false;

  /**
   * @param pollMs How long a task polls when it begins to wait, if the last wait took no longer: what comes in quick
   * succession then needs no wake-up.
   */
  constructor(pollMs: number = DEFAULT_POLL_MS) {
    this.#pollMs = pollMs;
  }

  /** Whether no task waits. */
  get isEmpty(): boolean {
    return this.#waits.length === 0;
  }

  /**
   * Waits for a goal.
   *
   * @returns False if the time runs out.
   */
  wait(goal: Goal, { timeoutMs, signal }: AsyncLimits): Promise<boolean> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    // A task that never has to wait must let the event loop have its turns all the same.
    const isDue = timeoutMs > 0 && isTurnDue();
    if (!isDue && this.isEmpty) {
      try {
        if (goal.attempt(goal.isForSomebody === true)) {
          goal.disarm?.(true);
          return Promise.resolve(true);
        }
      } catch (error) {
        goal.disarm?.(false);
        return Promise.reject(error);
      }
    }
    if (timeoutMs <= 0) {
      goal.disarm?.(false);
      return Promise.resolve(false);
    }
    return new Promise((resolve, reject) => {
      const begin = performance.now();
      const wait = new TaskWait(
        goal,
        timeoutMs,
        signal,
        (isOver) => {
          const at = this.#waits.indexOf(wait);
          this.#waits.splice(at, 1);
          if (this.isEmpty) this.#isAlone = false;
          if (at === 0 && isOver) this.#lastMs = performance.now() - begin;
          if (at === 0) this.#waits[0]?.begin(this.#pollNow());
        },
        resolve,
        reject,
      );
      this.#waits.push(wait);
      if (this.#waits.length === 1) wait.begin(isDue ? Math.max(this.#pollNow(), 1) : this.#pollNow(), isDue);
    });
  }

  /** As `wait`, for a task that must be the only one until it continues. */
  waitAlone(what: string, goal: Goal, limits: AsyncLimits): Promise<boolean> {
    try {
      this.requireAlone(what);
    } catch (error) {
      return Promise.reject(error);
    }
    const waited = this.wait(goal, limits);
    this.#isAlone = !this.isEmpty;
    return waited;
  }

  /** Refuses a task beside one that must be alone. */
  requireNoneAlone(what: string): void {
    if (this.#isAlone) this.#refuse(what);
  }

  /** Refuses a task that must be alone, if there is another. */
  requireAlone(what: string): void {
    if (!this.isEmpty) this.#refuse(what);
  }

  /** The first task checks now. */
  check(): void {
    this.#waits[0]?.check();
  }

  /** The first task waits for something else now: it announces itself anew. */
  announceAnew(): void {
    this.#waits[0]?.announceAnew();
  }

  #refuse(what: string): never {
    throw new TypeError(`Cannot wait for ${what} as another task waits for it, and both would get the same view`);
  }

  #pollNow(): number {
    return this.#lastMs <= this.#pollMs ? this.#pollMs : 0;
  }
}
