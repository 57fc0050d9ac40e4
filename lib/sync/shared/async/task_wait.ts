import { endPolling, lifeChecks, pollEachTurn, quickChecks, slowChecks } from "../../../atomic/internal.ts";
import type { Watch } from "../../../atomic/mod.ts";
import type { Goal } from "./goal.ts";

/** The longest time that timers take; a longer one is set in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A task that is not woken checks for deaths at one in this many of its checks. */
const CHECKS_PER_LIFE_CHECK = 16;

/**
 * One wait of a task: it polls for a while, then announces itself and sleeps until it is woken or cancelled, or the
 * time runs out. Whichever comes first, nothing of the wait remains.
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
  readonly #ticker: typeof slowChecks;
  #hasBegun = false;
  #hasEnded = false;
  #isUnsure = false;
  #pollUntil = 0;
  #checks = 0;

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
    this.#ticker = goal.isForSomebody ? lifeChecks : slowChecks;
    this.#deadline = performance.now() + timeoutMs;
    this.#signal = signal;
    this.#onEnd = onEnd;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener("abort", this.#abort);
    if (timeoutMs !== Infinity) this.#setTimer();
    this.#ticker.add(this.#slowCheck); // keeps the process alive, too
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

  /** Checks, if its turn has come. */
  check(): void {
    if (this.#hasBegun && !this.#hasEnded) this.#try(false);
  }

  /** It waits for something else now: it announces itself there, if it has announced itself at all. */
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

  /** In case the process it waits for has died. */
  readonly #slowCheck = (): void => {
    if (this.#hasBegun) this.#try(true);
  };

  /** In case something has changed and it was not woken. */
  readonly #quickCheck = (): void => {
    if (this.#try(++this.#checks % CHECKS_PER_LIFE_CHECK === 0)) return;
    if (this.#watch?.isPrompt && !this.#isUnsure) quickChecks.delete(this.#quickCheck); // there is a waker by now
  };

  readonly #abort = (): void => this.#end(false, () => this.#reject(this.#signal!.reason));

  #setTimer(): void {
    const leftMs = this.#deadline - performance.now();
    // Timers are early by rounding at most.
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
        if (!this.#watch?.isPrompt || this.#isUnsure) quickChecks.add(this.#quickCheck);
        else quickChecks.delete(this.#quickCheck);
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
    quickChecks.delete(this.#quickCheck);
    this.#ticker.delete(this.#slowCheck);
    clearTimeout(this.#timer as number);
    this.#signal?.removeEventListener("abort", this.#abort);
    settle();
    this.#onEnd(isOver);
  }
}
