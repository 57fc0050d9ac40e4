import { load, waitLocalAsync, wakeLocal } from "../atomics.ts";
import { SpentWatch, type Watch } from "./watch.ts";

/**
 * How long an unused wait of the runtime lasts, in milliseconds, as it cannot be cancelled.
 */
const ROUND_MS = 1000;

/** A wait of the runtime's own. */
interface Round {
  readonly expected: number;
  /** Undefined once it is no longer needed. */
  wake: (() => void) | undefined;
}

/** The watches of one word of a `SharedArrayBuffer`: waits of the runtime's own. */
export class LocalWatches {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #index: number;
  /** Unused waits that have not ended: the next watch takes one over. */
  readonly #idle: Round[] = [];

  constructor(words: Int32Array<SharedArrayBuffer>, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** As `Futex.watch`. */
  watch(expected: number, wake: () => void): Watch {
    if (load(this.#words, this.#index) !== expected) return new SpentWatch(wake);
    const idle = this.#idle.findIndex((round) => round.expected === expected);
    const round = idle >= 0 ? this.#idle.splice(idle, 1)[0] : this.#begin(expected);
    if (round === undefined) return new SpentWatch(wake);
    round.wake = wake;
    return {
      isPrompt: true,
      end: () => {
        if (round.wake !== wake) return;
        round.wake = undefined;
        this.#idle.push(round);
      },
    };
  }

  #begin(expected: number): Round | undefined {
    const waited = waitLocalAsync(this.#words, this.#index, expected, ROUND_MS);
    if (waited === undefined) return undefined;
    const round: Round = { expected, wake: undefined };
    void waited.then((isWoken) => {
      const call = round.wake;
      round.wake = undefined;
      if (call !== undefined) return call();
      this.#idle.splice(this.#idle.indexOf(round), 1);
      if (isWoken) wakeLocal(this.#words, this.#index, 1); // it was another sleeper's
    });
    return round;
  }
}
