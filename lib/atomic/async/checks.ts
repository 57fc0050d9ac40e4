import { nextTurn } from "../../../ffi/event_loop.ts";
import { Ticker } from "./ticker.ts";

/*
 * Intervals at which tasks that wait in the event loop check for themselves, in milliseconds. A turn of an event loop
 * that was asleep takes up to 300 µs of a processor on a virtual machine.
 */
/** Of tasks that are woken: their waker may have died right before. */
const SLOW_CHECK_MS = 200;
/** Of tasks that wait for an attachment that may die at any time: a death is noticed within 100 ms. */
const TASK_LIFE_CHECK_MS = 80;
/** Of tasks that are not woken. */
const QUICK_CHECK_MS = 2;

/**
 * How long a task may do without a turn of the event loop, in milliseconds: timers, sockets and signals wait meanwhile.
 */
const LONGEST_TURN_MS = 1;
/** How many calls pass between two readings of the clock. */
const CALLS_PER_CLOCK_READ = 8;

/** The tasks that wait for data or space. */
export const slowChecks: Ticker = new Ticker(SLOW_CHECK_MS);
/** The tasks that wait for an attachment. */
export const lifeChecks: Ticker = new Ticker(TASK_LIFE_CHECK_MS);
/** The tasks that are not woken. */
export const quickChecks: Ticker = new Ticker(QUICK_CHECK_MS);

/** Lets all waiting tasks check soon: the memory that they wait for may have been closed. */
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

/** Stops calling it. */
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
 * Whether it is time for a turn of the event loop: for tasks that need not wait, and would keep it from all others.
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
