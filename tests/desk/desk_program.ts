/**
 * The desk as a program that tests run.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Segment } from "@shmkit/shmkit";
import type { DeskOptions } from "../../examples/desk/supervisor/desk_options.ts";
import { type DeskResult, runDesk } from "../../examples/desk/supervisor/run_desk.ts";
import { command, thisRuntime } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";

/** What is run. */
export const MAIN: string = fileURLToPath(new URL("../../examples/desk/main.ts", import.meta.url));

/** A desk that runs as a program of its own. */
export class Program {
  static readonly running: Set<ChildProcess> = new Set();
  readonly child: ChildProcess;
  #output = "";
  readonly #closed: Promise<unknown>;

  constructor(...options: readonly string[]) {
    const { file, args } = command(thisRuntime, MAIN, options);
    this.child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
      detached: true, // a group of its own, as a terminal makes
    });
    Program.running.add(this.child);
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on("data", (data) => this.#output += data);
    this.#closed = once(this.child, "close").then(() => Program.running.delete(this.child));
  }

  /** Ends those that a failed test left. */
  static killAll(): void {
    for (const child of Program.running) child.kill("SIGKILL");
  }

  get output(): string {
    return this.#output;
  }

  /** Waits for its end. @returns With what it ended. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  /** Waits until it has said something. */
  async says(what: RegExp): Promise<void> {
    await until(() => what.test(this.output), () => `It never said ${what}: ${this.output}`, 60_000);
  }

  /** Waits until its market runs: half of a market's events say something to compare. */
  async runs(): Promise<void> {
    await this.says(/events [\d,]{3,}\/s/);
  }

  /** The processes that it started. */
  children(): number[] {
    return childrenOf(this.child);
  }
}

/** The processes that a process started. */
export function childrenOf({ pid }: ChildProcess): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter((part) => part !== "").map(Number);
}

/** The words with which a process was started; none if it has just ended. */
export function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Attaches to the segment of a desk, of which its processes got the name. */
export async function segmentOf(desk: ChildProcess): Promise<Segment> {
  let name: string | undefined;
  await until(() => {
    name = childrenOf(desk).flatMap(wordsOf).find((word) => /^\/proc\/\d+\/fd\//.test(word));
    return name !== undefined;
  }, () => "No process got the name of a segment");
  return Segment.open(name!, { role: "test" });
}

/** Waits for processes to be gone. */
export async function areGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some((pid) => existsSync(`/proc/${pid}`)), () => `Processes are left: ${pids}`);
}

/** Runs a desk on a made-up capture, on both runtimes, as fast as possible by default. */
export async function replay(
  text: string | Uint8Array,
  options: readonly string[] = ["--speed", "max"],
): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
  try {
    writeFileSync(join(folder, "capture.jsonl"), text);
    const program = new Program("--capture", join(folder, "capture.jsonl"), "--json", "--mix", ...options);
    return { code: await program.ended(), output: program.output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How many times as long as asked for a desk may run: on a slow machine, or beside others. */
const MOST_TIMES_AS_LONG = 20;

/**
 * Runs a desk, again and longer if too little happened for a test to tell something: how much does in a time depends
 * on the machine, what is wrong does not.
 */
export async function runLongEnough(
  options: DeskOptions,
  isEnough: (result: DeskResult) => boolean,
): Promise<DeskResult> {
  for (let { seconds } = options;; seconds *= 3) {
    const result = await runDesk({ ...options, seconds });
    if (isEnough(result) || result.verdict.value === "wrong") return result;
    if (seconds > options.seconds * MOST_TIMES_AS_LONG) return result;
  }
}
