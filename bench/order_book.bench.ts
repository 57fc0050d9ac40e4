/**
 * `OrderBook` with 1,000 levels a side beside a `std::map` for each side in C++, which shares nothing. C++ and
 * TypeScript run in turn, each case in a process of its own; ratios are those of neighbours.
 */
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = 5;

const CASES: readonly [name: string, work: string, goal: string][] = [
  ["a change at the best price", "top", "≤ 100 ns"],
  ["a change in the middle of 1,000 levels", "middle", "≤ 500 ns"],
  ["a level comes or goes there", "insert", "≤ 500 ns"],
  ["reading the best 10 of both sides", "read", "≤ 150 ns"],
];

interface Run {
  readonly p50: number;
  readonly min: number;
}

const program = compile(new URL("./c/order_book.cpp", import.meta.url));
const path = fileURLToPath(new URL("./support/order_book_case.ts", import.meta.url));

console.log(`${machine()}\n`);
const rows = CASES.map(([name, work, goal]) => {
  const ours: Run[] = [], theirs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (program !== undefined) theirs.push(runJson(program, [work]));
    const { file, args } = command(thisRuntime, path, [work]);
    ours.push(runJson(file, args));
  }
  const figure = (runs: readonly Run[], of: (run: Run) => number) =>
    runs.length === 0 ? "" : median(runs.map(of)).toFixed(1);
  const p50 = (run: Run) => run.p50, min = (run: Run) => run.min;
  const ratio = theirs.length === 0 ? "" : median(ours.map((run, i) => run.p50 / theirs[i].p50)).toFixed(2);
  return [name, figure(ours, p50), figure(theirs, p50), ratio, figure(ours, min), figure(theirs, min), goal];
});
console.log(`No other process at the book; ns, medians of ${ROUNDS} runs of each`);
printTable(["", "p50", "C++", "ratio", "best", "C++", "goal (Bun)"], rows);
