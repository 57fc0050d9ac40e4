/**
 * `Counters` beside the same algorithm and layout in C, compiled here. C and TypeScript run in turn, each in a process
 * of its own; the ratio is that of neighbours.
 */
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = 7;

interface Run {
  readonly p50: number;
}

const program = compile(new URL("./c/counters.c", import.meta.url));
const script = fileURLToPath(new URL("./support/counters_case.ts", import.meta.url));

const CASES = [["add", "add 1 to a counter"], ["set", "set a counter"], ["read", "read 64 counters in turn, each"]];

const rows = CASES.map(([what, title]) => {
  const { file, args } = command(thisRuntime, script, [what]), ours: Run[] = [], theirs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (program !== undefined) theirs.push(runJson(program, [what]));
    ours.push(runJson(file, args));
  }
  const p50 = (runs: readonly Run[]) => runs.length === 0 ? "" : median(runs.map((run) => run.p50)).toFixed(1);
  const ratio = theirs.length === 0 ? "" : median(ours.map((run, i) => run.p50 / theirs[i].p50)).toFixed(2);
  return [title, p50(ours), p50(theirs), ratio];
});
const { file, args } = command(thisRuntime, script, ["list"]);
rows.push(["list 64 counters with their labels", runJson<Run>(file, args).p50.toFixed(0), "", ""]);
console.log(`${machine()}\n\nCounters; ns, medians of ${ROUNDS} runs of each`);
printTable(["", "p50", "C", "ratio"], rows);
