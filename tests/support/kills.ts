/**
 * How many processes the tests kill.
 *
 * @module
 */
import process from "node:process";

/** Runners of the suite, Bun's and Deno's: each does its share. */
const RUNNERS = 2;

/** What `test --soak` asks for. */
const soak = process.env.SHMKIT_SOAK;

/**
 * @param total Deaths that a test sees in one run of the whole suite.
 * @returns How many of them this runner is to cause: its share, or what `test --soak` asks for.
 */
export function deathsOf(total: number): number {
  return soak === undefined ? Math.ceil(total / RUNNERS) : Number(soak);
}
