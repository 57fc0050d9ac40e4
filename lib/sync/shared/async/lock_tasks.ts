import { asyncLimitsOf, type AsyncWaitOptions } from "./async_wait_options.ts";
import type { Goal } from "./goal.ts";
import { TaskQueue } from "./task_queue.ts";

/** How long tasks poll where a lock is free again soon, in milliseconds. */
const POLL_MS = 1;

/** The part of a lock's header that waiting tasks use. */
export interface WaitedLock {
  readonly what: string;
  readonly words: Int32Array;
  refuseUse(action: string): never;
  beginWaiting(): number;
  endWaiting(place: number): void;
}

/** The goal of a task that waits for a lock. */
export type LockGoal = Omit<Goal, "isForSomebody">;

/** The tasks of this thread that wait with one lock object: one at a time, in the order of their calls. */
export class LockTasks {
  readonly #header: WaitedLock;
  readonly #queue = new TaskQueue(POLL_MS);

  /** @param header Of the lock. */
  constructor(header: WaitedLock) {
    this.#header = header;
  }

  /**
   * Waits for a goal, and counts as blocked meanwhile.
   *
   * @param action What was asked for, in messages.
   */
  wait(action: string, goal: LockGoal, options: AsyncWaitOptions | undefined): Promise<boolean> {
    const header = this.#header;
    let place = -1, isBlocked = false;
    try {
      if (header.words.length === 0) header.refuseUse(action);
      return this.#queue.wait({
        isForSomebody: true,
        attempt(isLifeCheck) {
          if (header.words.length === 0) header.refuseUse(action);
          return goal.attempt(isLifeCheck);
        },
        arm: () => {
          if (!isBlocked) place = header.beginWaiting();
          isBlocked = true;
          return goal.arm();
        },
        disarm(isOver) {
          if (isBlocked) header.endWaiting(place);
          goal.disarm?.(isOver);
        },
      }, asyncLimitsOf(action, header.what, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The task whose turn it is checks soon: this thread has released something. */
  checkSoon(): void {
    if (!this.#queue.isEmpty) queueMicrotask(() => this.#queue.check());
  }
}
