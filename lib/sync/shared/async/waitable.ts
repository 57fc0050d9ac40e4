import type { Futex } from "../../../atomic/mod.ts";

/** How a wait set checks what it waits for, and where it sleeps. */
export interface Waited {
  /**
   * Whether there is something to be had; takes nothing. Throws if there never will be.
   *
   * @param isLifeCheck Whether it is time to check if the process that holds it up has died.
   */
  isReady(isLifeCheck: boolean): boolean;
  /** Announces a sleeper; undefined where nobody wakes. */
  announce(): Announced | undefined;
}

/** An announced sleeper. */
export interface Announced {
  /** The word that changes. */
  readonly futex: Futex;
  /** What it was. */
  readonly seen: number;
  /** Whether a wake-up may be missed. */
  readonly isUnsure: boolean;
}

/** Under this name, objects of the library tell a wait set how to wait for them. */
export const WAITED: unique symbol = Symbol("shmkit: waited");

/** What a wait set can wait for: consumers and readers of channels, for records; producers, for space; events. */
export interface Waitable {
  /** For wait sets alone. */
  readonly [WAITED]: Waited;
}
