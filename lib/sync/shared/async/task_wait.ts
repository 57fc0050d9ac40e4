import { endPolling, lifeLooks, pollEachTurn, quickLooks, slowLooks } from "../../../atomic/internal.ts";
import type { Watch } from "../../../atomic/mod.ts";
import type { Goal } from "./goal.ts";

/** The longest time that timers take; what is longer is set again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Looks of one that nobody wakes, for one at which it asks whether somebody died. */
const LOOKS_PER_LIFE_CHECK = 16;

/**
 * One wait of a task: it polls for a while, then announces itself and sleeps until it is woken, called off, or the time
 * runs out. Whichever comes first, nothing of it is left.
 */
export class TaskWait {
  readonly #goal: Goal;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onEnd: (isOver: boolean) => void;
  readonly #resolve: (isOver: boolean) => void;
  readonly #reject: (reason: unknown) => void;
  #watch: Watch | undefined;
  #timer: unknown;
  readonly #looker: typeof slowLooks;
  #hasBegun = false;
  #hasEnded = false;
  #isUnsure = false;
  #pollUntil = 0;
  #looks = 0;

  /** @param onEnd Called right before the promise is settled. */
  constructor(
    goal: Goal,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    onEnd: (isOver: boolean) => void,
    resolve: (isOver: boolean) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#goal = goal;
    this.#looker = goal.isForSomebody ? lifeLooks : slowLooks;
    this.#deadline = performance.now() + timeoutMs;
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener("abort", this.#abort);
    if (timeoutMs !== Infinity) this.#setTimer();
    this.#looker.add(this.#slowLook); // keeps the process alive, too
  }

  /**
   * Its turn has come.
   *
   * @param pollMs How long to poll at first.
   * @param isLater Whether there is no attempt before the next turn of the event loop.
   */
  begin(pollMs: number, isLater = false): void {
    this.#hasBegun = true;
    if (!isLater && this.#try(false)) return;
    if (pollMs <= 0) return this.#arm();
    this.#pollUntil = performance.now() + pollMs;
    pollEachTurn(this.#poll);
  }

  /** Looks, if it is its turn. */
  look(): void {
    if (this.#hasBegun && !this.#hasEnded) this.#try(false);
  }

  /** What it waits for is another: it announces itself there, if it has announced itself at all. */
  announceAnew(): void {
    if (this.#hasEnded || this.#watch === undefined) return;
    this.#watch.end(false);
    this.#watch = undefined;
    this.#arm();
  }

  readonly #poll = (now: number): void => {
    if (this.#try(false) || now < this.#pollUntil) return;
    endPolling(this.#poll);
    this.#arm();
  };

  readonly #wake = (): void => {
    this.#watch = undefined;
    if (!this.#try(false)) this.#arm();
  };

  /** In case that somebody died. */
  readonly #slowLook = (): void => {
    if (this.#hasBegun) this.#try(true);
  };

  /** In case something has changed, where nobody says so. */
  readonly #quickLook = (): void => {
    if (this.#try(++this.#looks % LOOKS_PER_LIFE_CHECK === 0)) return;
    if (this.#watch?.isPrompt && !this.#isUnsure) quickLooks.delete(this.#quickLook); // there is somebody by now
  };

  readonly #abort = (): void => this.#end(false, () => this.#reject(this.#signal!.reason));

  #setTimer(): void {
    const leftMs = this.#deadline - performance.now();
    // No timer is early, but for its rounding.
    this.#timer = setTimeout(() => this.#expire(), Math.min(Math.max(0, leftMs), LONGEST_TIMER_MS));
  }

  #expire(): void {
    if (performance.now() < this.#deadline) return this.#setTimer();
    if (this.#hasBegun && this.#try(true)) return;
    this.#end(false, () => this.#resolve(false));
  }

  /** Returns whether the wait is over, in whichever way. */
  #try(isLifeCheck: boolean): boolean {
    if (this.#hasEnded) return true;
    try {
      if (!this.#goal.attempt(isLifeCheck)) return false;
    } catch (error) {
      this.#end(false, () => this.#reject(error));
      return true;
    }
    this.#end(true, () => this.#resolve(true));
    return true;
  }

  #arm(): void {
    try {
      while (!this.#hasEnded) {
        const armed = this.#goal.arm();
        if (this.#try(false)) return;
        if (armed?.isCurrent?.() === false) continue;
        this.#watch = armed?.watch(this.#wake);
        this.#isUnsure = armed?.isUnsure === true;
        if (!this.#watch?.isPrompt || this.#isUnsure) quickLooks.add(this.#quickLook);
        else quickLooks.delete(this.#quickLook);
        return;
      }
    } catch (error) {
      this.#end(false, () => this.#reject(error));
    }
  }

  #end(isOver: boolean, settle: () => void): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#watch?.end(isOver);
    this.#goal.disarm?.(isOver);
    endPolling(this.#poll);
    quickLooks.delete(this.#quickLook);
    this.#looker.delete(this.#slowLook);
    clearTimeout(this.#timer as number);
    this.#signal?.removeEventListener("abort", this.#abort);
    settle();
    this.#onEnd(isOver);
  }
}
