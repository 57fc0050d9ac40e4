/**
 * `Histogram.record` beside the same algorithm and layout in C, compiled here. C and TypeScript run in turn, each in a
 * process of its own; the ratio is that of neighbours.
 */
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = 7;

interface Run {
  readonly p50: number;
  readonly min: number;
  readonly readNs: number;
}

const program = compile(new URL("./c/histogram.c", import.meta.url));
const { file, args } = command(thisRuntime, fileURLToPath(new URL("./support/histogram_case.ts", import.meta.url)));
const ours: Run[] = [], theirs: Run[] = [];
for (let round = 0; round < ROUNDS; round++) {
  if (program !== undefined) theirs.push(runJson(program, []));
  ours.push(runJson(file, args));
}
const p50 = (runs: readonly Run[]) => runs.length === 0 ? "" : median(runs.map((run) => run.p50)).toFixed(1);
const ratio = theirs.length === 0 ? "" : median(ours.map((run, i) => run.p50 / theirs[i].p50)).toFixed(2);
console.log(`${machine()}\n\nRecording a value, 3 digits up to 10^9; ns, medians of ${ROUNDS} runs of each`);
printTable(["", "p50", "C", "ratio", "goal (Bun)"], [
  ["record", p50(ours), p50(theirs), ratio, "≤ 10 ns"],
  ["read all 21,504 counts", median(ours.map(({ readNs }) => readNs)).toFixed(0), "", "", ""],
]);
