/**
 * What `shmkit top` costs beside a desk at full speed: processor time of both over the same seconds, once they have
 * started, on terminals of two sizes. Processor time and not speed, so other programs disturb little; but the desk does
 * less where they take its cores, and `top` then takes a larger share.
 *
 * The argument is the number of seconds that each takes, 20 by default. The desk runs under Bun, `top` under this
 * runtime.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { machine, printTable } from "./support/figures.ts";

/** Lines and columns of a terminal. */
const SIZES = [[24, 80], [60, 200]] as const;

/** Until all processes of the desk run, and until `top` has drawn for a while: starting is not measured. */
const DESK_START_MS = 4000, TOP_START_MS = 6000;

/** Milliseconds of a clock tick. */
const TICK_MS = 10;

const seconds = Number(process.argv.slice(2).find((arg) => /^[0-9]+$/.test(arg)) ?? 20);
if (spawnSync("script", ["--version"]).status !== 0) {
  console.log("SKIPPED: there is no script(1), which makes a terminal");
  process.exit(0);
}

const runs = (seconds + TOP_START_MS / 1000 + 2) * SIZES.length + DESK_START_MS / 1000;
const desk = start("bun", "tasks/demo.ts", ["--speed", "max", "--seconds", String(Math.ceil(runs)), "--json"]);
try {
  await sleep(DESK_START_MS);
  const rows: string[][] = [];
  for (const [lines, columns] of SIZES) rows.push(await measured(lines, columns));
  console.log(machine());
  printTable(["shmkit top", "desk, s", "top, s", "top to desk", "top, ms/s"], rows);
} finally {
  desk.kill("SIGTERM");
}
process.exit(0);

async function measured(lines: number, columns: number): Promise<string[]> {
  const { file, args } = command(thisRuntime, path("lib/cli/main.ts"), ["top"]);
  const words = [file, ...args].map((word) => `'${word}'`).join(" ");
  const terminal = spawn("script", ["-qec", `stty rows ${lines} cols ${columns}; exec ${words}`, "/dev/null"]);
  try {
    terminal.stdout.resume();
    await sleep(TOP_START_MS);
    // The process behind the terminal is `top` itself.
    const top = childrenOf(terminal.pid!), before = [cpuMs(tree(desk.pid!)), cpuMs(top)], start = performance.now();
    await sleep(seconds * 1000);
    const passed = (performance.now() - start) / 1000, after = [cpuMs(tree(desk.pid!)), cpuMs(top)];
    const [ofDesk, ofTop] = after.map((ms, i) => ms - before[i]);
    return [
      `${columns} × ${lines}`,
      (ofDesk / 1000).toFixed(1),
      (ofTop / 1000).toFixed(2),
      `${(ofTop / ofDesk * 100).toFixed(2)} %`,
      (ofTop / passed).toFixed(1),
    ];
  } finally {
    terminal.stdin.write("q");
    await sleep(500);
    terminal.kill("SIGKILL");
  }
}

function start(runtime: "bun", script: string, args: readonly string[]): ChildProcess {
  const { file, args: all } = command(runtime, path(script), args);
  return spawn(file, all, { stdio: ["ignore", "ignore", "inherit"] });
}

function path(script: string): string {
  return fileURLToPath(new URL(`../${script}`, import.meta.url));
}

/** A process and all below it. */
function tree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(tree)];
}

/** The processes that any thread of one has started. */
function childrenOf(pid: number): number[] {
  const found = spawnSync("sh", ["-c", `cat /proc/${pid}/task/*/children`], { encoding: "utf8" }).stdout;
  return found.split(/\s+/).filter((word) => word !== "").map(Number);
}

/** Processor time that processes have used. */
function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // proc_pid_stat(5): the program's name, which may hold spaces, ends with the last bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8"), fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);
}
