import type { Setting } from "./turns.ts";

/** How things ended. */
export interface End {
  /** The dead actors. */
  readonly dead: readonly string[];
}

/** A run that is about to begin. */
export interface Start {
  /** What each actor does, by name. They run in that order unless they are kept from it. */
  readonly actors: Readonly<Record<string, () => void>>;
  /** Whether the remaining actors may wait for ever, such as for one that died. By default that is a fault. */
  mayWaitForEver?(end: End): boolean;
  /** Actors whose calls never wait for a stopped one: they reach their end before it continues. */
  readonly neverHeldUp?: readonly string[];
  /** Called when one of several real processes has died, while the others continue. */
  hasDied?(who: string): void;
  /** Called when all have ended or died; what it throws or fails with is a fault. */
  check?(end: End): void;
}

/** A few actors that use a part, and what must hold whatever happens. */
export interface Scenario {
  /** The part that it is about, such as `RwLock`. */
  readonly part: string;
  /** What happens in it. */
  readonly title: string;
  /** What the suite explores it with, one after the other. */
  readonly settings: readonly Setting[];
  /** Prepares the memory, attaches, and hands out the actors. Called before each run; always does the same. */
  start(): Start;
}
