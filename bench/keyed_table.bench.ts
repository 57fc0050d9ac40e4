/**
 * `KeyedTable` with keys of 16 bytes and records of 64 beside the same algorithm and layout in C, compiled here. Each
 * case is a process of its own; C and TypeScript run in turn, and ratios are those of neighbours. Another number of
 * keys for the last cases: `-- 10000000`.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = 3, MANY = Number(process.argv[2] ?? 1_000_000);

/** A case: its name, ours, the keys, what it is compared with in C, and how many times C's time is the goal in Bun. */
const CASES: readonly [name: string, work: string, keys: number, c: string | undefined, goal?: string][] = [
  ["rowOf, 1,000 keys", "row-of", 1000, "row-of", "3"],
  ["get, 1,000 keys", "get", 1000, "get", "3"],
  ["rowOf of what is not there, 1,000 keys", "miss", 1000, "miss"],
  ["read by handle, 1,000 keys", "handle", 1000, undefined],
  [`get, ${MANY} keys`, "get", MANY, "get", "3"],
  [`add, ${MANY} keys, C without the mutex`, "add", MANY, "add", "≤ 2 µs"],
];

interface Run {
  readonly p50: number;
  readonly min: number;
}

const program = compile(new URL("./c/keyed_table.c", import.meta.url));
const path = fileURLToPath(new URL("./support/keyed_table_case.ts", import.meta.url));

console.log(`${machine()}\n`);
const rows = CASES.map(([name, work, keys, c, goal = ""]) => {
  const ours: Run[] = [], theirs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (program !== undefined && c !== undefined) theirs.push(runJson(program, [c, keys]));
    const { file, args } = command(thisRuntime, path, [work, String(keys)]);
    ours.push(runJson(file, args));
  }
  const figure = (runs: readonly Run[], of: (run: Run) => number) =>
    runs.length === 0 ? "" : median(runs.map(of)).toFixed(1);
  const ratio = theirs.length === 0 ? "" : median(ours.map((run, i) => run.p50 / theirs[i].p50)).toFixed(2);
  return [
    name,
    figure(ours, ({ p50 }) => p50),
    figure(theirs, ({ p50 }) => p50),
    ratio,
    figure(ours, ({ min }) => min),
    figure(theirs, ({ min }) => min),
    goal,
  ];
});
console.log(`No other process at the table; ns, medians of ${ROUNDS} runs of each`);
printTable(["", "p50", "C", "ratio", "best", "C", "goal (Bun)"], rows);
