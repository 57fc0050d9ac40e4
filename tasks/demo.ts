/**
 * Runs the main job, the desk, under Bun: `bun run demo [--seconds N] …`. The arguments are the desk's own; `--help` tells them.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { command } from "../tests/support/runtimes.ts";
import { root } from "./project.ts";

const { file, args } = command("bun", `${root}examples/desk/main.ts`, process.argv.slice(2));
// Not by dax: the demo draws on the terminal, and Ctrl-C goes to it alone, which ends its processes in order.
const demo = spawn(file, args, { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => demo.kill(signal));
demo.on("exit", (code) => process.exit(code ?? 1));
