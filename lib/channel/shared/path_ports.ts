import type { WordAccess } from "../../atomic/internal.ts";
import type { WaitPorts } from "./waiter.ts";

/** What hot paths need to wake those that wait for what they do. */
export interface WakePorts {
  /** The bit of an event count that says that a waiter may sleep. */
  readonly asleep: number;
  /** Wakes those that sleep. */
  readonly wake: () => void;
}

/** Where the records of a channel lie, one after another. */
export interface SlotPorts {
  /** Where the record of position 0 begins, in bytes. */
  readonly recordsOffset: number;
  readonly recordBytes: number;
  /** How many slots there are, less one: a power of two. */
  readonly slotMask: number;
}

/** What the hot paths of everything that receives are given. */
export interface ReceivePorts {
  readonly words: WordAccess;
  /** Throws the reason why nothing can be received. */
  readonly refuseUse: () => never;
  /** Refuses to drain so many. */
  readonly refuseLimit: (limit: unknown) => never;
  /** Throws if what a drain's function returned is a promise. */
  readonly requireDone: (result: object | null) => void;
  /** How much a poll must find to be worthwhile: records, or bytes. */
  readonly worthwhile: number;
  /** The most pauses for which it rests before it polls again. */
  readonly longestRest: number;
  readonly waiting: WaitPorts;
}
