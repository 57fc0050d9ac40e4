/**
 * Waiting: how long it takes from another process's record to the one that waits for it, blocked or in the event loop,
 * idle or busy, alone or in a wait set; beside a Unix socket in the same runtime, and C's futex. Then a stream at full
 * speed, by `drain`, by batches and by records of `for await`.
 *
 * Each case runs in processes of its own, all of them in turn, round after round. `waiting.bench.ts [rounds] [part of a
 * case's name, "latency" or "stream"]`.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const SCRIPT = fileURLToPath(new URL("./support/waiting_case.ts", import.meta.url));

const [rounds = "5", part = ""] = process.argv.slice(2);

/** Longer than a task polls, so that all waiters are asleep. */
const IDLE_US = 3000;
const IDLE: Pace = { records: 200, us: IDLE_US };
const THOUSAND: Pace = { records: 500, us: 1000 };
const TEN_THOUSAND: Pace = { records: 4000, us: 100 };

interface Pace {
  readonly records: number;
  readonly us: number;
}

const latencyCases: readonly (readonly [title: string, what: string, pace: Pace])[] = [
  ["C, futex, idle", "C", IDLE],
  ["block, idle", "block", IDLE],
  ["Unix socket, idle", "socket", IDLE],
  ["for await, idle", "async", IDLE],
  ["Unix socket, 1,000 a second", "socket", THOUSAND],
  ["for await, 1,000 a second", "async", THOUSAND],
  ["Unix socket, 10,000 a second", "socket", TEN_THOUSAND],
  ["for await, 10,000 a second", "async", TEN_THOUSAND],
  ...[1, 10, 100].map((size) => [`a set of ${size} blocks, idle`, `block in a set of ${size}`, IDLE] as const),
  ...[1, 10, 100].map((size) => [`a set of ${size} in a task, idle`, `task in a set of ${size}`, IDLE] as const),
];

const STREAM_RECORDS = 4_000_000;
const streamCases: readonly (readonly [title: string, what: string])[] = [
  ["drain, spinning", "drain"],
  ["drainWait", "drainWait"],
  ["drainAsync", "drainAsync"],
  ["for await of batches of 256", "batches"],
  ["for await of records", "records"],
];

/** Runs a case in this runtime. */
function run<T>(what: string, records: number, us: number): T {
  const { file, args } = command(thisRuntime, SCRIPT, [what, String(records), String(us)]);
  return runJson<T>(file, args);
}

/** A share's place among sorted values. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const ascending = (a: number, b: number) => a - b;

/** The quartiles of the runs' medians, and what the slowest records of all runs took. */
function latencyRow(title: string, runs: readonly (readonly number[])[]): string[] {
  const us = (value: number) => (value / 1000).toFixed(1);
  const medians = runs.map((run) => at(run.toSorted(ascending), 0.5)).sort(ascending);
  const all = runs.flat().sort(ascending);
  return [
    title,
    ...[0.5, 0.25, 0.75].map((share) => us(at(medians, share))),
    us(at(all, 0.99)),
    us(at(all, 0.999)),
  ];
}

function rateRow(title: string, runs: readonly number[], base: readonly number[]): string[] {
  const rates = runs.toSorted(ascending), bases = base.toSorted(ascending);
  const ratio = at(rates, 0.5) / at(bases, 0.5);
  return [title, ...[0.5, 0.25, 0.75].map((share) => at(rates, share).toFixed(1)), ratio.toFixed(2)];
}

const c = compile(new URL("./c/wake.c", import.meta.url));
const latencies = latencyCases.filter(([title, what]) =>
  `latency, ${title}`.includes(part) && (what !== "C" || c !== undefined)
)
  .map((one) => ({ one, runs: [] as number[][] }));
const streams = streamCases.filter(([title]) => `stream, ${title}`.includes(part))
  .map((one) => ({ one, runs: [] as number[] }));
for (let round = 0; round < Number(rounds); round++) {
  for (const { one: [, what, { records, us }], runs } of latencies) {
    type Result = { latencies: number[] };
    runs.push((what === "C" ? runJson<Result>(c!, [records, us]) : run<Result>(what, records, us)).latencies);
  }
  for (const { one: [, what], runs } of streams) runs.push(run<{ rate: number }>(what, STREAM_RECORDS, 0).rate);
}

console.log(`${machine()}; ${rounds} runs of each, in turn`);
if (latencies.length > 0) {
  console.log("\nFrom record to receiver, µs: quartiles of the runs' medians, and of all their records");
  printTable(
    ["", "median", "lower", "upper", "p99", "p99.9"],
    latencies.map(({ one, runs }) => latencyRow(one[0], runs)),
  );
}
if (streams.length > 0) {
  console.log("\nA stream at full speed, million records a second");
  printTable(
    ["", "median", "lower", "upper", `to ${streams[0].one[0]}`],
    streams.map(({ one, runs }) => rateRow(one[0], runs, streams[0].runs)),
  );
}
