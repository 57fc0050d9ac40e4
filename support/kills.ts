/**
 * How many processes the tests kill, and how their successors are started.
 *
 * @module
 */
import process from "node:process";
import type { Peer } from "./peer.ts";

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

/** Successors that are started at a time. */
const AT_A_TIME = 8;

/** So many deaths in portions, for each of which the successors are started at once. */
export function* portionsOf(deaths: number): Generator<number> {
  for (let left = deaths; left > 0; left -= AT_A_TIME) yield Math.min(left, AT_A_TIME);
}

/** Starts something while those at work are stopped: they would take the processors for themselves. */
export async function whileStopped<T>(working: readonly Peer[], start: () => Promise<T>): Promise<T> {
  for (const peer of working) peer.kill("SIGSTOP");
  const started = await start();
  for (const peer of working) peer.kill("SIGCONT");
  return started;
}
