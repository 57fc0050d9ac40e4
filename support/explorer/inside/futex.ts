/**
 * Stands in for `lib/atomic/futex.ts` in what is explored.
 *
 * @module
 */
import type * as real from "../../../lib/atomic/futex.ts";
import { beginWait, endWait, load, wake } from "../steps.ts";
import { world } from "../world.ts";

/** A word of the explored world to sleep at. A wait is two steps: to check and fall asleep, and to continue. */
export class Futex {
  readonly #words: Int32Array;
  readonly #index: number;

  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** A word. */
  static at(words: Int32Array, index: number): Futex {
    return new Futex(words, index);
  }

  /** Waits for one of several. */
  static waitAny(): never {
    throw new Error("Cannot wait for several words as the explored world does not know how");
  }

  /** As `waitAny`. */
  static waitAnyByPolling(): never {
    return Futex.waitAny();
  }

  /** The word. */
  load(): number {
    return load(this.#words, this.#index);
  }

  /** On the clock of the running actor. */
  now(): number {
    return world.now();
  }

  /** Sleeps while the word is `expected`. */
  wait(expected: number, deadline: number): boolean {
    return !beginWait(this.#words, this.#index, expected, deadline) || endWait(this.#words, this.#index);
  }

  /** There is no event loop. */
  watch(): never {
    throw new Error("Cannot watch a word as the explored world has no event loop");
  }

  /** Wakes some. */
  wake(count: number): number {
    return wake(this.#words, this.#index, count);
  }

  /** Wakes one. */
  wakeOne(): number {
    return wake(this.#words, this.#index, 1);
  }

  /** Wakes all. */
  wakeAll(): number {
    return wake(this.#words, this.#index, Infinity);
  }
}

/** There are no threads that wait for tasks. */
export function endUnusedThreads(): void {}

/** For the compiler: this class has all that the real one has. */
type Complete = [typeof Futex, Futex] extends
  [Record<Exclude<keyof typeof real.Futex, "prototype">, unknown>, Record<keyof real.Futex, unknown>] ? true : never;
const _isComplete: Complete = true;
