import type { Futex } from "../../../atomic/mod.ts";

/** How a wait set checks what it waits for, and where it sleeps. */
export interface Waited {
  /**
   * Whether it is ready; takes nothing. Throws if it never will be.
   *
   * @param isLifeCheck Whether it is time to check if the process that holds it up has died.
   */
  isReady(isLifeCheck: boolean): boolean;
  /** Announces a sleeper; undefined where sleepers are not woken. */
  announce(): Announced | undefined;
}

/** An announced sleeper. */
export interface Announced {
  /** The word to sleep on. */
  readonly futex: Futex;
  /** Its value at the announcement. */
  readonly seen: number;
  /** Whether a wake-up may be missed. */
  readonly isUnsure: boolean;
}

/** The key of the property through which a wait set waits for an object. */
export const WAITED: unique symbol = Symbol("shmkit: waited");

/**
 * An object that a wait set can wait for: a consumer or reader of a channel, for records; a producer, for space; an
 * event.
 */
export interface Waitable {
  /** For wait sets alone. */
  readonly [WAITED]: Waited;
}
