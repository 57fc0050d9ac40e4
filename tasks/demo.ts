/**
 * Runs the main job, the desk, under Bun: `bun run demo [--seconds N] …`. The arguments are the desk's own; `--help`
 * tells them.
 *
 * @module
 */
import process from "node:process";

/** Between two looks at whether whoever ran this is still there. */
const LOOK_MS = 200;

// Who asked for the demo may be killed in a way that this process hears nothing of: then it ends in order, as by
// Ctrl-C.
const parent = process.ppid;
const look = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(look);
  process.kill(process.pid, "SIGTERM");
}, LOOK_MS);

// The desk is the demo: a process between it and the terminal could only be in the way.
await import("../examples/desk/main.ts");
