/**
 * Locks beside C's, compiled here. Each case is a process of its own, or two; C and TypeScript run in turn, and ratios
 * are those of neighbours. "In use": the process has used all channels and locks before.
 * `locks.bench.ts [rounds] [part of a case's name]`.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Segment } from "../mod.ts";
import { Peer } from "../support/peer.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const ROUNDS = Number(process.argv[2] ?? 7), ONLY = process.argv[3] ?? "";
const ITERATIONS = 2_000_000, MS = 400;

const SCRIPT = new URL("./support/locks_peer.ts", import.meta.url);
const program = compile(new URL("./c/locks.c", import.meta.url));

/** One process, alone at the lock. */
function alone(what: string, flags: readonly string[] = []): Promise<number> {
  const { file, args } = command(thisRuntime, fileURLToPath(SCRIPT), [what, "", `${ITERATIONS}`, ...flags]);
  return Promise.resolve(runJson<number>(file, args));
}

async function ended(peers: readonly Peer[]): Promise<number[]> {
  const figures = await Promise.all(peers.map((peer) => peer.next<number>()));
  await Promise.all(peers.map((peer) => peer.succeeded()));
  return figures;
}

/** Two processes that take the lock in turn, or as it comes; both together. */
async function contended(what: string): Promise<number> {
  using segment = Segment.anonymous({ byteLength: 1 << 16 });
  const start = Date.now() + 400;
  const rates = await ended([0, 1].map(() => Peer.start(thisRuntime, SCRIPT, [`${what}2`, segment.name, MS, start])));
  return rates[0] + rates[1];
}

/** Reads while another process writes every microsecond. */
async function written(): Promise<number> {
  using segment = Segment.anonymous({ byteLength: 1 << 16 });
  const writer = Peer.start(thisRuntime, SCRIPT, ["write", segment.name, 0]);
  const [figure] = await ended([Peer.start(thisRuntime, SCRIPT, ["seqw", segment.name, ITERATIONS / 2])]);
  await writer.succeeded();
  return figure;
}

interface Case {
  readonly name: string;
  readonly unit: "ns" | "M/s";
  /** What the ratio is to be in Bun. */
  readonly goal?: string;
  readonly c?: readonly [what: string, amount: number];
  readonly run: () => Promise<number>;
  /** The same in a process that has used everything else. */
  readonly runInUse?: () => Promise<number>;
}

const pair = (name: string, what: string): Case => ({
  name,
  unit: "ns",
  run: () => alone(what),
  runInUse: () => alone(what, ["--in-use"]),
});
const CASES: readonly Case[] = [
  { ...pair("spinlock pair", "spin"), goal: "≤ 2.2", c: ["spin", ITERATIONS] },
  { ...pair("mutex pair (C: robust)", "mutex"), goal: "≤ 0.5", c: ["robust", ITERATIONS] },
  { ...pair("seqlock read of 64 B, quiet", "seq"), goal: "≤ 2", c: ["seq", ITERATIONS] },
  { name: "the same, a write every µs", unit: "ns", goal: "≤ 2", c: ["seqw", ITERATIONS], run: written },
  {
    name: "mutex, two processes (C: plain)",
    unit: "M/s",
    goal: "≥ 1",
    c: ["mutex2", MS],
    run: () => contended("mutex"),
  },
  { name: "the same (C: robust)", unit: "M/s", c: ["robust2", MS], run: () => contended("mutex") },
  { name: "spinlock, two processes", unit: "M/s", c: ["spin2", MS], run: () => contended("spin") },
  pair("ticket lock pair", "ticket"),
  pair("write lock pair", "rw"),
  pair("read lock pair", "read"),
  pair("semaphore pair", "semaphore"),
  // The cost of counting: each lock counts in the line next to the one that the exchanges lock.
  pair("two exchanges alone", "bare"),
  pair("and a count in the same cache line", "counted same"),
  pair("and a count in the next line", "counted next"),
];

console.log(`${machine()}\n`);
const rows: string[][] = [];
for (const { name, unit, goal = "", c, run, runInUse } of CASES.filter(({ name }) => name.includes(ONLY))) {
  const us: number[] = [], used: number[] = [], theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (c && program !== undefined) theirs.push(runJson<number>(program, c));
    us.push(await run());
    if (runInUse) used.push(await runInUse());
  }
  const middle = (figures: readonly number[]) => figures.length === 0 ? "" : median(figures).toFixed(1);
  const ratio = (figures: readonly number[]) =>
    figures.length === 0 || theirs.length === 0 ? "" : median(figures.map((each, i) => each / theirs[i])).toFixed(2);
  rows.push([name, unit, middle(us), middle(used), middle(theirs), ratio(us), ratio(used), goal]);
}
console.log(`Medians of ${ROUNDS} runs of each`);
printTable(["", "", thisRuntime, "in use", "C", "ratio", "in use", "goal (Bun)"], rows);
