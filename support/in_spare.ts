/**
 * How a script is written of which a test wants many processes, one soon after the other (`support/spare.ts`).
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import { setPriority } from "node:os";
import process from "node:process";
import { peerArgs } from "./in_peer.ts";

/** Says what a spare process is to do. */
export interface SpareOrder {
  readonly args: readonly string[];
}

/** Prints a line of JSON for the test, at once. */
export function reportNow(value: unknown): void {
  writeSync(1, JSON.stringify(value) + "\n");
}

const byte = new Uint8Array(1), rest = new Int32Array(new SharedArrayBuffer(4));

/** Reads one, or none at the end. Node gives its children a socket, which says that there is nothing yet. */
function readByte(): number {
  while (true) {
    try {
      return readSync(0, byte, 0, 1, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(rest, 0, 0, 1);
    }
  }
}

/** The next line of JSON that the test sends; waits for it. Undefined once the test has ended. */
export function nextOrder<T>(): T | undefined {
  let line = "";
  while (readByte() === 1) {
    if (byte[0] === 10) return JSON.parse(line);
    line += String.fromCharCode(byte[0]);
  }
  return undefined;
}

/**
 * Does a script's work: with the process's arguments, or, in a spare process, with those that the test sends.
 *
 * @param work What it does, given the arguments. It must not be left for the event loop.
 */
export function serve(work: (args: readonly string[]) => void): void {
  const args = process.env.SHMKIT_SPARE === undefined ? peerArgs : nextOrder<SpareOrder>()?.args;
  // In a soak processes start all the time, and those that are at work must not keep them from it.
  if (process.env.SHMKIT_SOAK !== undefined) setPriority(10);
  if (args !== undefined) work(args);
  process.exit(0);
}
