import { type Waitable, WAITED } from "./async/waitable.ts";

/**
 * How long a call may wait. If the time runs out, or the wait is stopped, it returns `false`, `undefined` or 0, as its
 * own documentation says. Options that are wrong are refused before anything is taken or changed: with a `RangeError`
 * if `timeoutMs` is negative or `NaN`, else with a `TypeError`.
 */
export interface WaitOptions {
  /** At most so many milliseconds, 0 or more. Defaults to no limit. */
  readonly timeoutMs?: number;
  /**
   * Ends a wait that blocks, as if its time had run out, once it is set: an `Event` in a segment, for a thread of any
   * process, or over a `SharedArrayBuffer`, for a Worker. Channels notice it at once, locks within 50 ms. Async forms
   * take a signal instead, and a wait set takes it as a member.
   */
  readonly stop?: Stop;
}

/** Ends a wait: an `Event` that is not reset meanwhile. */
export interface Stop extends Waitable {
  /** Whether waits are to end. */
  readonly isSet: boolean;
}

/**
 * The limit of a wait, checked. Every part that waits reads its options here, before it takes or changes anything.
 *
 * @param action What was asked for, in messages: "lock".
 * @param what Of what: "mutex 'orders' in segment '/md'".
 * @param options As the caller received them.
 * @param mayStop Whether they may have a stop.
 * @returns Milliseconds; `Infinity` for no limit.
 * @throws {TypeError} If the options are not an object, or `timeoutMs` is not a number.
 * @throws {RangeError} If `timeoutMs` is negative or `NaN`.
 */
export function timeoutOf(action: string, what: string, options: WaitOptions | undefined, mayStop = false): number {
  if (options === undefined) return Infinity;
  const stop: unknown = (options as WaitOptions | null)?.stop;
  if (stop !== undefined) requireStop(action, what, stop, mayStop);
  const timeoutMs: unknown = (options as WaitOptions | null)?.timeoutMs; // read once: a getter may say another time
  if (typeof timeoutMs === "number" && timeoutMs >= 0) return timeoutMs;
  if (timeoutMs === undefined && typeof options === "object" && options !== null) return Infinity;
  refuse(action, what, options, timeoutMs);
}

function requireStop(action: string, what: string, stop: unknown, mayStop: boolean): void {
  if (!mayStop) {
    throw new TypeError(
      `Cannot ${action} ${what} with a stop as only waits that block at a channel or a lock take one`,
    );
  }
  if (typeof stop === "object" && stop !== null && WAITED in stop && "isSet" in stop) return;
  throw new TypeError(`Cannot ${action} ${what} as stop must be an Event: received ${inWords(stop)}`);
}

function refuse(action: string, what: string, options: unknown, timeoutMs: unknown): never {
  const doing = `Cannot ${action} ${what} as`;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${doing} options must be an object such as { timeoutMs: 100 }: received ${inWords(options)}`);
  }
  if (typeof timeoutMs === "number") {
    throw new RangeError(`${doing} timeoutMs must be 0 or more: received ${timeoutMs}`);
  }
  throw new TypeError(`${doing} timeoutMs must be a number: received ${inWords(timeoutMs)}`);
}

/** A value of any type, for messages. */
function inWords(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
