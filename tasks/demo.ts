/**
 * Runs the demo, the desk, under Bun: `bun run demo [--seconds N] …`. The arguments are the desk's own; `--help` lists
 * them.
 *
 * @module
 */
import process from "node:process";

/** Interval between checks whether the parent process still runs. */
const PARENT_CHECK_MS = 200;

// The parent may be killed without a signal to this process: the demo then ends in order, as by Ctrl-C.
const parent = process.ppid;
const parentCheck = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(parentCheck);
  process.kill(process.pid, "SIGTERM");
}, PARENT_CHECK_MS);

// The desk is the demo: a process between it and the terminal could only be in the way.
await import("../examples/desk/main.ts");
