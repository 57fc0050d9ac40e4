/**
 * Runs the benchmarks, one process each: `bun run bench [--runtime bun|deno] [--only name] [-- arguments]`. Nothing
 * else should run on the machine meanwhile.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import process from "node:process";
import { command, type Runtime } from "../support/runtimes.ts";
import { root, succeeds } from "./project.ts";
import { taskArgs } from "./support/task_args.ts";

const { values, positionals } = taskArgs({
  options: {
    runtime: { type: "string", multiple: true, default: ["bun", "deno"] },
    only: { type: "string", multiple: true },
  },
  allowPositionals: true,
});
// What benchmarks share lies in folders of bench/.
const all = readdirSync(`${root}bench`).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3));
const chosen = all.filter((name) => values.only?.some((part) => name.includes(part)) ?? true);
const runtimes = values.runtime.filter((name): name is Runtime => name === "bun" || name === "deno");
if (chosen.length === 0 || runtimes.length !== values.runtime.length) {
  console.error(`Cannot choose a benchmark: there are ${all.join(", ")}; the runtimes are bun, deno`);
  process.exit(2);
}

let failed = 0;
for (const name of chosen) {
  for (const runtime of runtimes) {
    console.log(`\n── ${name} under ${runtime}`);
    const { file, args } = command(runtime, `${root}bench/${name}.ts`, positionals);
    if (!await succeeds(file, ...args)) failed++;
  }
}
process.exit(failed === 0 ? 0 : 1);
