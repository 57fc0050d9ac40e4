/**
 * `LatestTable.read` and `write` of 64 bytes beside the same algorithm in C, compiled here and run in turn with it.
 * Nobody else touches the rows. Goals, in Bun: a read within 2 times C's, a write within 3 times.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../tests/support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median } from "./support/figures.ts";

const ROUNDS = 5;
const GOALS: Record<string, number> = { read: 2, write: 3 };
const script = fileURLToPath(new URL("./support/latest_table_case.ts", import.meta.url));
const program = compile(new URL("./c/latest_table.c", import.meta.url));

const ours: Record<string, number[]> = { read: [], write: [], begin: [] };
const theirs: Record<string, number[]> = { read: [], write: [], writeSeqCst: [] };

function run(file: string, args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(file, args);
  if (status !== 0) throw new Error(`${file} failed: ${stderr}`);
  return JSON.parse(String(stdout));
}

for (let round = 0; round < ROUNDS; round++) {
  if (program !== undefined) {
    for (const [name, ns] of Object.entries(run(program, []) as Record<string, number>)) theirs[name].push(ns);
  }
  for (const name of Object.keys(ours)) {
    const { file, args } = command(thisRuntime, script, [name]);
    ours[name].push(run(file, args) as number);
  }
}

console.log(`${machine()}; ${thisRuntime}; ns per operation on 64 bytes, medians of ${ROUNDS} runs, C in turn`);
const figure = (values: number[]) => median(values).toFixed(1).padStart(6);
for (const [name, values] of Object.entries(ours)) {
  const c = theirs[name];
  const ratios = c?.length > 0 ? values.map((value, i) => value / c[i]) : undefined;
  const beside = ratios === undefined
    ? ""
    : `  C ${figure(c)}  ratio ${median(ratios).toFixed(2)}, goal ${GOALS[name]}`;
  console.log(`${name.padEnd(6)} ${figure(values)}${beside}`);
}
if (program !== undefined) console.log(`C's write with a fence, as ours has: ${figure(theirs.writeSeqCst)}`);
