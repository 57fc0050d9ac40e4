import type { Watch } from "../../../atomic/mod.ts";

/** The goal of a task that waits in the event loop. */
export interface Goal {
  /** Whether it is for an attachment that may die meanwhile, so that checks are needed to end it. */
  readonly isForSomebody?: boolean;

  /**
   * Checks whether the wait is over, and takes what was waited for. Throws if the wait can never end.
   *
   * @param isLifeCheck Whether it is time to ask the kernel if an attachment died.
   */
  attempt(isLifeCheck: boolean): boolean;

  /**
   * Announces a sleeper where its wakers will see it. An attempt follows, and then a watch.
   *
   * @returns What to watch; undefined where sleepers are not woken.
   */
  arm(): Armed | undefined;

  /**
   * Called once when the wait has ended, in whichever way, to withdraw the announcement. Must not throw.
   *
   * @param isOver Whether the last attempt took what was waited for.
   */
  disarm?(isOver: boolean): void;
}

/** An announced sleeper. */
export interface Armed {
  /** Calls a function, once, when something has changed since the announcement. */
  watch(wake: () => void): Watch;
  /** Whether wake-ups may be missed, so that the sleeper checks for itself at short intervals. */
  readonly isUnsure?: boolean;
  /** Whether this is still the right thing to watch. Defaults to true. */
  isCurrent?(): boolean;
}
