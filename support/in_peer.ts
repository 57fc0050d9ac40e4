/**
 * How a script that a test runs beside it, a peer, talks with the test.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

/** Prints a line of JSON for the test. */
export function report(value: unknown): void {
  process.stdout.write(JSON.stringify(value) + "\n");
}

/** The lines of JSON that the test sends. */
export async function* orders<T>(): AsyncGenerator<T> {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line);
}

/** The arguments it was started with. */
export const peerArgs: readonly string[] = process.argv.slice(2);

/**
 * Processor time that the calling thread has taken, in milliseconds. The runtime's own threads, which compile and
 * collect, are left out.
 */
export function threadCpuMs(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
}
