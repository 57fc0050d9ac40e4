/**
 * Stops a real process at a point: what code with points calls.
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";

/** Mapped memory has whole pages. What the code keeps to itself is shorter. */
const PAGE_BYTES = 4096;

/** How often a place counts: a wait may reach the same place again and again. */
const MOST_VISITS = 2;

let sites: readonly { place: string; text: string }[] = [];
let pointsLeft = -1;
let wanted: string | undefined;
let visits = new Uint8Array(0);
/** The same, of points that are no places in the program. */
const visitsBefore = new Map<string, number>();

/** Says which places the points are at. */
export function setSites(known: readonly { place: string; text: string }[]): void {
  sites = known;
}

/** Stops at a point from here on: at the n-th, or at the first whose text is given. */
export function stopAt(point: number | string): void {
  wanted = typeof point === "string" ? point : undefined;
  pointsLeft = typeof point === "string" ? Infinity : point;
  visits = new Uint8Array(sites.length);
  visitsBefore.clear();
}

/** Stops nowhere any more. */
export function stopNowhere(): void {
  pointsLeft = -1;
}

/** A point: right before an access. */
export function $go(site: number, array: unknown): void {
  if (pointsLeft < 0 || !$isShared(array) || visits[site] === MOST_VISITS) return;
  visits[site]++;
  const { place, text } = sites[site];
  reach(text, `${place}: ${text}`);
}

/** A point right before something that the program's text does not show as an access. It says what comes. */
export function goBefore(what: string): void {
  const seen = visitsBefore.get(what) ?? 0;
  if (pointsLeft < 0 || seen === MOST_VISITS) return;
  visitsBefore.set(what, seen + 1);
  reach(what, what);
}

function reach(text: string, stopped: string): void {
  if (--pointsLeft > 0 && (wanted === undefined || !text.includes(wanted))) return;
  stopNowhere();
  // Written at once: what is only about to be written stays where it is when the process stops.
  writeSync(1, `${JSON.stringify({ stopped })}\n`);
  process.kill(process.pid, "SIGSTOP");
}

/** Whether an access to an element is one to shared memory. */
export function $isShared(array: unknown): boolean {
  return ArrayBuffer.isView(array) && array.buffer.byteLength >= PAGE_BYTES;
}

/** An access as it was written. */
export function $read(array: { [index: number]: unknown }, index: number): unknown {
  return array[index];
}

/** As `$read`. */
export function $write<T>(array: { [index: number]: T }, index: number, value: T): T {
  return array[index] = value;
}

export { $read as $readQuietly, $write as $writeQuietly };

/** What cannot be followed stays as it was written. */
export function $requireUnshared<T>(array: T): T {
  return array;
}
