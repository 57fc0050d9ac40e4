import { nextTurn } from "../../../ffi/event_loop.ts";
import { Ticker } from "./ticker.ts";

/*
 * When tasks that wait in the event loop look for themselves, in milliseconds. A turn of an event loop that was asleep
 * takes up to 300 µs of a processor on a virtual machine.
 */
/** Those that somebody wakes, who may have died in the moment before. */
const SLOW_CHECK_MS = 200;
/** Those that wait for somebody who may die at any time, which is noticed within 100 ms. */
const TASK_LIFE_CHECK_MS = 80;
/** Those whom nobody wakes. */
const QUICK_CHECK_MS = 2;

/**
 * How long a task may do without a turn of the event loop, in milliseconds: timers, sockets and signals wait meanwhile.
 */
const LONGEST_TURN_MS = 1;
/** Looks at the clock: at each so many calls. */
const CALLS_PER_CLOCK_READ = 8;

/** The tasks that wait for what comes. */
export const slowChecks: Ticker = new Ticker(SLOW_CHECK_MS);
/** The tasks that wait for somebody. */
export const lifeChecks: Ticker = new Ticker(TASK_LIFE_CHECK_MS);
/** The tasks that nobody wakes. */
export const quickChecks: Ticker = new Ticker(QUICK_CHECK_MS);

/** Lets all tasks that wait look, soon: memory that they wait for may have been closed. */
export function checkSoon(): void {
  queueMicrotask(() => {
    slowChecks.callAll();
    lifeChecks.callAll();
    quickChecks.callAll();
  });
}

/** Called in each turn of the event loop, with the time. */
const polls = new Set<(now: number) => void>();

/**
 * Calls a function in each turn of the event loop from the next one on, which takes a whole processor. It must not
 * throw.
 */
export function pollEachTurn(poll: (now: number) => void): void {
  polls.add(poll);
  if (polls.size === 1) nextTurn(pollAll);
}

/** Does not call it any more. */
export function endPolling(poll: (now: number) => void): void {
  polls.delete(poll);
}

function pollAll(): void {
  const now = performance.now();
  for (const poll of [...polls]) if (polls.has(poll)) poll(now);
  if (polls.size > 0) nextTurn(pollAll);
}

let turnBegan = 0, calls = 0, isTurnNoted = false, isDue = false;

/**
 * Whether it is time for a turn of the event loop: asked by tasks that need not wait, and would keep it from all
 * others.
 */
export function isTurnDue(): boolean {
  if (!isTurnNoted) {
    isTurnNoted = true;
    turnBegan = performance.now();
    calls = 0;
    nextTurn(() => isTurnNoted = isDue = false);
  } else if (!isDue && ++calls % CALLS_PER_CLOCK_READ === 0) isDue = performance.now() - turnBegan > LONGEST_TURN_MS;
  return isDue;
}
