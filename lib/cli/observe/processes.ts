import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** What `/proc` says of a process. */
export interface ObservedProcess {
  /** When it started, in clock ticks since boot. */
  readonly startTime: number;
  /** What it runs on: bun, deno, node, or the name of its program. */
  readonly runtime: string;
  /** Processor time it has used, in milliseconds. */
  readonly cpuMs: number;
  readonly isStopped: boolean;
}

/** The programs of processes that were inspected before, which do not change: by their start, as ids come back. */
const known = new Map<number, { readonly startTime: number; readonly runtime: string }>();

/** More than are inspected again and again. */
const KNOWN = 2048;

/** Milliseconds of a clock tick: USER_HZ is 100 on every architecture that is supported. */
const TICK_MS = 10;

/** Reads a process of this pid namespace; undefined if there is none. */
export function readProcess(pid: number): ObservedProcess | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // proc_pid_stat(5): the second field, the program's name, may itself hold spaces and brackets.
  const comm = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = Number(fields[19]), before = known.get(pid);
  const runtime = before?.startTime === startTime ? before.runtime : runtimeOf(pid, comm);
  if (runtime !== before?.runtime && known.size >= KNOWN) known.clear();
  known.set(pid, { startTime, runtime });
  return {
    startTime,
    runtime,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    isStopped: fields[0] === "T" || fields[0] === "t",
  };
}

/** The program: by its file, where that may be asked, or else by the name that it gave itself. */
function runtimeOf(pid: number, comm: string): string {
  let program = comm;
  try {
    program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ""));
  } catch {
    // Another user's.
  }
  return /^(bun|deno|node)/.exec(program)?.[1] ?? program;
}
