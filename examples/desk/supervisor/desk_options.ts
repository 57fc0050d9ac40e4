import type { WaitStrategy } from "../../../mod.ts";
import process from "node:process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { runtimes } from "../../../support/runtimes.ts";
import { isPipe, STANDARD_INPUT } from "./spool_pipes.ts";

/** What a run of the desk is like. */
export interface DeskOptions {
  /** How long it runs; `Infinity` for to the end of the captures. */
  readonly seconds: number;
  /** Whether both runtimes take part. */
  readonly mix: boolean;
  /** How often a process is killed; `Infinity` for never. */
  readonly killEveryMs: number;
  /** Captures to replay, one recording; the built-in market if there are none. `-` is the standard input. */
  readonly files: readonly string[];
  /** Where those are read that can be read only once, by name: see `spool_pipes.ts`. */
  readonly spooled: ReadonlyMap<string, string>;
  /** Whether captures are played side by side, whenever they were recorded. */
  readonly together: boolean;
  /** 1 is real time; 0 is as fast as it goes. */
  readonly speed: number;
  /** Of the built-in market, and of which process is killed. */
  readonly seed: number;
  /** After how long the kill switch is pulled; `Infinity` for not at all. */
  readonly stopAfter: number;
  /** How the processes wait for events. */
  readonly wait: WaitStrategy;
  /** What is shown while it runs: a view that is drawn over and over, a line a second, or nothing. */
  readonly show: "live" | "lines" | "nothing";
  /** Whether a run in which not all could be checked is meant to be one. */
  readonly unchecked: boolean;
  /** Whether the summary is JSON. */
  readonly json: boolean;
  /** Where a page is written, if anywhere. */
  readonly html: string | undefined;
}

/** The ways to wait. */
const WAITS = ["block", "yield", "spin"] as const;

/** With `--chaos`, a process is killed this often. */
const CHAOS_MS = 1000;

/** How the desk is called. */
export const USAGE = `demo [options]

  --seconds N      how long (10; with --speed max and captures: to their end)
  --mix            on Bun and Deno together
  --chaos          kill -9 of a random process every second
  --capture FILE   replay a captured market, gzip or plain, a pipe, or - for the standard input; several are one
                   recording, in the order of their times
  --together       play several captures side by side, each from its start
  --speed N|max    how fast (1 is real time)
  --seed N         of the built-in market (1)
  --stop-after N   pull the kill switch after so many seconds
  --wait HOW       block, yield or spin: how the processes wait (block; the others want a core for each)
  --unchecked      ends with 0 even if nothing, or not all, could be checked
  --json           a summary for programs
  --html FILE      a page with latencies and throughput`;

/** A desk as it is by default. */
export const DEFAULT_OPTIONS: DeskOptions = {
  seconds: 10,
  mix: false,
  killEveryMs: Infinity,
  files: [],
  spooled: new Map(),
  together: false,
  speed: 1,
  seed: 1,
  stopAfter: Infinity,
  wait: "block",
  show: "nothing",
  unchecked: false,
  json: false,
  html: undefined,
};

/**
 * Reads the arguments.
 *
 * @throws {TypeError | RangeError} If they cannot be understood.
 */
export function parseOptions(args: readonly string[]): DeskOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      mix: { type: "boolean", default: false },
      chaos: { type: "boolean", default: false },
      capture: { type: "string", multiple: true, default: [] },
      together: { type: "boolean", default: false },
      speed: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      "stop-after": { type: "string" },
      wait: { type: "string", default: "block" },
      unchecked: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      html: { type: "string" },
    },
  });
  for (const file of values.capture) requireReadable(file);
  if (values.mix) requireBoth();
  if (values.html !== undefined) requireWritable(values.html);
  const speed = values.speed === "max" ? 0 : numberIn("--speed", values.speed, 1e-6, 1e6);
  const wait = WAITS.find((wait) => wait === values.wait);
  if (wait === undefined) {
    throw new RangeError(`Cannot run the desk as --wait must be ${WAITS.join(", ")}: received ${values.wait}`);
  }
  const toTheEnd = speed === 0 && values.capture.length > 0;
  return {
    seconds: values.seconds !== undefined
      ? numberIn("--seconds", values.seconds, 0.1, 86_400)
      : toTheEnd
      ? Infinity
      : DEFAULT_OPTIONS.seconds,
    mix: values.mix,
    killEveryMs: values.chaos ? CHAOS_MS : Infinity,
    files: values.capture,
    spooled: new Map(),
    together: values.together,
    speed,
    seed: integerIn("--seed", values.seed, 0, 2 ** 32 - 1),
    stopAfter: values["stop-after"] === undefined
      ? Infinity
      : numberIn("--stop-after", values["stop-after"], 0, 86_400),
    wait,
    show: values.json ? "nothing" : process.stdout.isTTY ? "live" : "lines",
    unchecked: values.unchecked,
    json: values.json,
    html: values.html,
  };
}

function requireReadable(path: string): void {
  if (path === STANDARD_INPUT) return;
  try {
    accessSync(path, constants.R_OK);
    const found = statSync(path);
    if (found.isFile() || isPipe(found)) return;
  } catch (cause) {
    throw new RangeError(`Cannot run the desk as a capture must be a file that can be read: received ${path}`, {
      cause,
    });
  }
  throw new RangeError(
    `Cannot run the desk as a capture must be a file, a pipe, or - for the standard input: received ${path}`,
  );
}

/** The page is written at the end, when it would be too late to complain. */
function requireWritable(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    if (existsSync(path) ? !statSync(path).isDirectory() : !/(^|\/)$/.test(path)) return;
  } catch (cause) {
    throw new RangeError(`Cannot run the desk as --html must be a file that can be written: received ${path}`, {
      cause,
    });
  }
  throw new RangeError(`Cannot run the desk as --html must be a file, not a folder: received '${path}'`);
}

/** @throws {RangeError} If a runtime is not installed. */
function requireBoth(): void {
  try {
    void [runtimes.bun, runtimes.deno];
  } catch (cause) {
    throw new RangeError(`Cannot run the desk as --mix must find both runtimes: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function integerIn(name: string, text: string, least: number, most: number): number {
  const value = numberIn(name, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`Cannot run the desk as ${name} must be an integer: received ${text}`);
}

function numberIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new RangeError(`Cannot run the desk as ${name} must be a number from ${least} to ${most}: received ${text}`);
}

/** The arguments that make such options, without those that say what is so by default. */
export function argumentsOf(options: DeskOptions): string[] {
  const { seconds, mix, killEveryMs, files, together, speed, seed, stopAfter, wait, unchecked } = options;
  const isToTheEnd = speed === 0 && files.length > 0;
  const isUsual = seconds === (isToTheEnd ? Infinity : DEFAULT_OPTIONS.seconds);
  return [
    ...(isUsual ? [] : ["--seconds", String(seconds)]),
    ...(mix ? ["--mix"] : []),
    ...(Number.isFinite(killEveryMs) ? ["--chaos"] : []),
    ...files.flatMap((file) => ["--capture", /^[\w./+:@-]+$/.test(file) ? file : JSON.stringify(file)]),
    ...(together ? ["--together"] : []),
    ...(speed === DEFAULT_OPTIONS.speed ? [] : ["--speed", speed === 0 ? "max" : String(speed)]),
    ...(seed === DEFAULT_OPTIONS.seed ? [] : ["--seed", String(seed)]),
    ...(Number.isFinite(stopAfter) ? ["--stop-after", String(stopAfter)] : []),
    ...(wait === DEFAULT_OPTIONS.wait ? [] : ["--wait", wait]),
    ...(unchecked ? ["--unchecked"] : []),
  ];
}
