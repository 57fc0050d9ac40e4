import type { Watch } from "../../../atomic/mod.ts";

/** What a task waits for in the event loop. */
export interface Goal {
  /** Whether it is for somebody who may die meanwhile, and so ends by a look. */
  readonly isForSomebody?: boolean;

  /**
   * Looks whether the wait is over, and takes what was waited for. May throw why it never will be.
   *
   * @param isLifeCheck Whether it is time to ask the kernel if somebody died.
   */
  attempt(isLifeCheck: boolean): boolean;

  /**
   * Announces a sleeper, where those that wake it will see it. An attempt follows, and then a watch.
   *
   * @returns What to watch; undefined where nobody wakes.
   */
  arm(): Armed | undefined;

  /**
   * Called once when the wait has ended, whatever came of it: what would stay is taken back. Must not throw.
   *
   * @param isOver Whether the last attempt took what was waited for.
   */
  disarm?(isOver: boolean): void;
}

/** An announced sleeper. */
export interface Armed {
  /** Calls a function, once, after whatever came since the announcement. */
  watch(wake: () => void): Watch;
  /** Whether wake-ups may be missed, so that the sleeper checks for itself at short intervals. */
  readonly isUnsure?: boolean;
  /** Whether it is still this that is to be watched. Defaults to yes. */
  isCurrent?(): boolean;
}
