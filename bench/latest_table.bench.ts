/**
 * `LatestTable` with records of 64 bytes beside the same algorithm and layout in C, compiled here. Each case is a
 * process of its own; C and TypeScript run in turn, and ratios are those of neighbours.
 */
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { goal, type Goals, machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = 7, CONTENDED_ROUNDS = 3, SECONDS = 0.5;

/** A case: its name, its arguments, what it is compared with in C, and how many times C's time is the goal. */
const QUIET: readonly [name: string, args: string[], c: string, goals?: Goals][] = [
  ["read", ["read"], "read", { bun: 1.7, deno: 2.5 }],
  ["read, in use", ["read", "--in-use"], "read", { bun: 1.7, deno: 2.5 }],
  ["read, one u53 of eight, in use", ["read", "--mixed", "--in-use"], "read"],
  ["write", ["write"], "write-seq-cst", { bun: 1.8, deno: 3 }],
  ["write, in use", ["write", "--in-use"], "write-seq-cst", { bun: 1.8, deno: 3 }],
  ["write, one u53 of eight, in use", ["write", "--mixed", "--in-use"], "write-seq-cst"],
  ["write, against a release store", ["write"], "write"],
  ["begin, set, commit", ["begin"], "write-seq-cst", { bun: 2, deno: 3 }],
  ["begin, set, commit, in use", ["begin", "--in-use"], "write-seq-cst", { bun: 2, deno: 3 }],
];

/** The writer that runs meanwhile: how many rows it writes in turn, and the nanoseconds between two writes. */
const CONTENDED: readonly [name: string, rows: number, every: number][] = [
  ["64 rows, a write every µs", 64, 1000],
  ["64 rows, writes without a pause", 64, 0],
  ["1 row, a write every µs", 1, 1000],
  ["1 row, writes without a pause", 1, 0],
];

interface Quiet {
  readonly p50: number;
  readonly min: number;
}

interface Contended {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const program = compile(new URL("./c/latest_table.c", import.meta.url));

function ours<T>(script: string, args: readonly (string | number)[]): T {
  const path = fileURLToPath(new URL(`./support/${script}`, import.meta.url));
  const { file, args: all } = command(thisRuntime, path, args.map(String));
  return runJson(file, all);
}

/** Runs C and TypeScript in turn. */
function inTurn<T>(rounds: number, run: () => T, runC: (program: string) => T): { us: T[]; c: T[] } {
  const us: T[] = [], c: T[] = [];
  for (let round = 0; round < rounds; round++) {
    if (program !== undefined) c.push(runC(program));
    us.push(run());
  }
  return { us, c };
}

/** The median of one figure; "" of none. */
function figure<T>(runs: readonly T[], of: (run: T) => number, digits = 1): string {
  return runs.length === 0 ? "" : median(runs.map(of)).toFixed(digits);
}

console.log(`${machine()}\n`);

const quiet = QUIET.map(([name, args, c, goals]) => {
  const runs = inTurn<Quiet>(ROUNDS, () => ours("latest_table_case.ts", args), (program) => runJson(program, [c]));
  const ratio = (of: (run: Quiet) => number) =>
    runs.c.length === 0 ? "" : median(runs.us.map((run, i) => of(run) / of(runs.c[i]))).toFixed(2);
  const p50 = (run: Quiet) => run.p50, min = (run: Quiet) => run.min;
  return [
    name,
    figure(runs.us, p50),
    figure(runs.c, p50),
    ratio(p50),
    figure(runs.us, min),
    figure(runs.c, min),
    ratio(min),
    goal("≤", goals),
  ];
});
console.log(`No other process at the table; 64 rows one after the other; ns, medians of ${ROUNDS} runs of each`);
printTable(["", "p50", "C", "ratio", "best", "C", "ratio", "goal"], quiet);

const contended = CONTENDED.map(([name, rows, every]) => {
  const { us, c } = inTurn<Contended>(
    CONTENDED_ROUNDS,
    () => ours("latest_table_contended.ts", [rows, every, SECONDS]),
    (program) => runJson(program, ["contended", rows, every, SECONDS]),
  );
  const millions = (run: Contended) => run.perSecond / 1e6;
  const p50 = (run: Contended) => run.p50, p99 = (run: Contended) => run.p99;
  return [
    name,
    figure(us, millions),
    figure(c, millions),
    figure(us, p50, 0),
    figure(c, p50, 0),
    figure(us, p99, 0),
    figure(c, p99, 0),
  ];
});
console.log(`\nReads while another process writes the same rows, medians of ${CONTENDED_ROUNDS} runs of each.`);
console.log("Single reads include the clock's own time, which differs between C and a runtime.");
printTable(["", "M reads/s", "C", "p50 ns", "C", "p99 ns", "C"], contended);
