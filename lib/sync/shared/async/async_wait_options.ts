import { timeoutOf, type WaitOptions } from "../wait_options.ts";

/**
 * How long a task may wait in the event loop.
 *
 * **The rule of names.** `tryX` or a plain verb never waits. `xWait`, and the `lock`, `wait` and `run` of locks, block
 * the thread. `xAsync` waits in the event loop: it does what the plain form does as soon as that can be done, and
 * returns a promise of the same result. Blocking and async forms take the timeout in the same way; if the time runs
 * out, both return the same `false`, `undefined` or 0, and nothing has changed.
 *
 * A task that waits keeps the process alive, as an open socket does. Tasks that wait with one object take turns in the
 * order of their calls. Errors of the plain form, wrong options among them, reach the caller as a rejected promise.
 */
export interface AsyncWaitOptions extends WaitOptions {
  /** Cancels the wait: the promise is rejected with the signal's reason, and nothing is taken. */
  readonly signal?: AbortSignal;
}

/** The limits of a wait, checked. */
export interface AsyncLimits {
  /** Infinity for none. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const NO_LIMITS: AsyncLimits = { timeoutMs: Infinity, signal: undefined };

/**
 * The limits of a wait, checked. The parameters, and what it throws, are those of `timeoutOf`; and a `TypeError` if the
 * signal is not an `AbortSignal`.
 */
export function asyncLimitsOf(action: string, what: string, options: AsyncWaitOptions | undefined): AsyncLimits {
  if (options === undefined) return NO_LIMITS;
  const timeoutMs = timeoutOf(action, what, options), { signal } = options; // read once
  if (signal === undefined || signal instanceof AbortSignal) return { timeoutMs, signal };
  throw new TypeError(`Cannot ${action} ${what} as signal must be an AbortSignal: received ${typeof signal}`);
}
