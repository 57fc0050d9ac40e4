/**
 * Stops a real process at a point: what code with points calls.
 *
 * @module
 */
import { writeSync } from "node:fs";

let buffer: ArrayBufferLike | undefined;
let sites: readonly { place: string; text: string }[] = [];
let pointsLeft = -1;

/** Whose accesses count: those to the memory of a segment. */
export function setMemory(memory: ArrayBufferLike, known: readonly { place: string; text: string }[]): void {
  buffer = memory;
  sites = known;
}

/** Counts from here on, and stops at the n-th point. */
export function stopAt(n: number): void {
  pointsLeft = n;
}

/** Counts no more. */
export function stopNowhere(): void {
  pointsLeft = -1;
}

/** A point: right before an access. */
export function $go(site: number, array: { readonly buffer: ArrayBufferLike } | undefined): void {
  if (pointsLeft < 0 || (array !== undefined && array.buffer !== buffer) || --pointsLeft > 0) return;
  const { place, text } = sites[site];
  // Written at once: this thread does nothing any more.
  writeSync(1, `${JSON.stringify({ stopped: `${place}: ${text}` })}\n`);
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (true) Atomics.wait(never, 0, 0);
}

/** Whether an access to an element is one to shared memory. */
export function $isShared(array: unknown): boolean {
  return typeof array === "object" && array !== null && buffer !== undefined &&
    (array as { buffer?: unknown }).buffer === buffer;
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
