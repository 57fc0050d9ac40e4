/**
 * How many processes the tests kill, and when others are stopped.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Spare } from "./spare.ts";

/** Runners of the suite, Bun's and Deno's: each does its share. */
const RUNNERS = 2;

/** What `test --soak` asks for, and where it counts deaths and stops. */
const soak = process.env.SHMKIT_SOAK, soakLog = process.env.SHMKIT_SOAK_LOG;

/** Whether `test --soak` runs. */
export const isSoak: boolean = soak !== undefined;

/** Declares a test that kills no process: a soak leaves it out. */
export const besideSoak: typeof it = (soak === undefined ? it : () => Promise.resolve()) as typeof it;

/**
 * @param total Deaths that a test sees in one run of the whole suite.
 * @returns How many of them this runner is to cause: its share, or what `test --soak` asks for.
 */
export function deathsOf(total: number): number {
  return soak === undefined ? Math.ceil(total / RUNNERS) : Number(soak);
}

/** The longest time for which a process is stopped before another one dies, and again afterwards. */
const LONGEST_STOP_MS = 4;

/**
 * A few milliseconds in which processes work before one of them is killed. In a soak one of them is stopped at a random
 * moment and continued at another: before or after the death, or, if no other process works, before.
 */
export class Moment {
  readonly #dying: Spare;
  readonly #stopped: Spare | undefined;
  readonly #killAt: number;
  readonly #stopAt: number;
  readonly #goOnAt: number;
  #hasStopped = false;
  #hasGoneOn = false;

  /**
   * @param dying Whom to kill.
   * @param others Those at work besides.
   * @param longestMs When to kill it at the latest.
   */
  constructor(dying: Spare, others: readonly Spare[], longestMs: number) {
    this.#dying = dying;
    this.#stopped = soak === undefined ? undefined : others[Math.floor(Math.random() * others.length)] ?? dying;
    const now = performance.now(), most = Math.random() * longestMs;
    this.#killAt = now + most;
    this.#stopAt = now + Math.random() * most;
    const latest = this.#stopped === dying ? this.#killAt : this.#killAt + LONGEST_STOP_MS;
    this.#goOnAt = Math.min(this.#stopAt + Math.random() * 2 * LONGEST_STOP_MS, latest);
  }

  /** Whether the moment has not come yet. To be asked again and again. */
  goesOn(): boolean {
    const now = performance.now();
    if (now >= this.#stopAt) this.#stop();
    if (now >= this.#goOnAt) this.#goOn();
    return now < this.#killAt;
  }

  /** Waits for the moment. */
  async passed(): Promise<void> {
    while (this.goesOn()) await delay(1);
  }

  /** Kills whom it is to kill. When it is dead, all others are at work again. */
  async kill(): Promise<void> {
    this.#stop();
    if (this.#stopped === this.#dying) this.#goOn();
    this.#dying.kill();
    const { signal } = await this.#dying.exited;
    if (signal !== "SIGKILL") throw new Error(`One ended by itself, with ${signal}: ${this.#dying.errors}`);
    this.#count("killed", this.#dying);
    if (this.#stopped === undefined) return;
    while (performance.now() < this.#goOnAt) await delay(1);
    this.#goOn();
  }

  #stop(): void {
    if (this.#stopped === undefined || this.#hasStopped) return;
    this.#hasStopped = true;
    this.#stopped.kill("SIGSTOP");
  }

  /** Continues the stopped process, and counts the stop if that process still runs. */
  #goOn(): void {
    if (this.#stopped === undefined || this.#hasGoneOn) return;
    this.#stop();
    this.#hasGoneOn = true;
    if (!this.#stopped.isRunning) return;
    this.#stopped.kill("SIGCONT");
    this.#count("stopped", this.#stopped);
  }

  #count(what: string, { script, runtime }: Spare): void {
    if (soakLog !== undefined) appendFileSync(soakLog, `${script} ${what} ${runtime}\n`);
  }
}

/** So many deaths in rounds of at most so many, each with things of its own. */
export function* roundsOf(deaths: number, most: number): Generator<number> {
  for (let left = deaths; left > 0; left -= most) yield Math.min(left, most);
}

/** Successors that are started at a time. */
const AT_A_TIME = 8;

/** So many deaths in portions, for each of which the successors are started at once. */
export function* portionsOf(deaths: number): Generator<number> {
  yield* roundsOf(deaths, AT_A_TIME);
}
