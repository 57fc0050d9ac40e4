/**
 * Locks beside C's, compiled on the spot, in one run: each case a process of its own, C and shmkit in turn, medians of
 * several turns, and ratios. Under either runtime; needs gcc.
 *
 *     bun bench/locks.bench.ts [turns]
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Segment } from "../lib/memory/mod.ts";
import { command, thisRuntime } from "../tests/support/runtimes.ts";

const TURNS = Number(process.argv[2] ?? 5);
const ITERATIONS = 2_000_000;
const CONTENDED_MS = 400;
const peer = fileURLToPath(new URL("./support/locks_peer.ts", import.meta.url));
const source = fileURLToPath(new URL("./c/locks.c", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "shmkit-bench-"));
const binary = join(folder, "locks");

const built = spawnSync("gcc", ["-O2", "-o", binary, source, "-lpthread"], { stdio: "inherit" });
if (built.status !== 0) process.exit(1);

function inC(what: string, amount: number): number {
  return parseFloat(spawnSync(binary, [what, String(amount)]).stdout.toString());
}

function inScript(...args: (string | number)[]): Promise<number> {
  const { file, args: all } = command(thisRuntime, peer, args.map(String));
  const child = spawn(file, all, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data) => text += data);
  return new Promise((resolve) => child.on("close", () => resolve(parseFloat(text))));
}

async function contended(what: string): Promise<number> {
  using segment = Segment.anonymous({ byteLength: 1 << 16 });
  const start = Date.now() + 400;
  const rates = await Promise.all([0, 1].map(() => inScript(`${what}2`, segment.name, CONTENDED_MS, start)));
  return rates[0] + rates[1];
}

async function written(): Promise<number> {
  using segment = Segment.anonymous({ byteLength: 1 << 16 });
  const writer = inScript("write", segment.name, 0);
  const figure = await inScript("seqw", segment.name, ITERATIONS / 2);
  await writer;
  return figure;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

interface Case {
  readonly title: string;
  readonly unit: "ns" | "M/s";
  readonly goal?: string;
  readonly c?: () => number;
  readonly own: () => Promise<number>;
}

const alone = (what: string) => () => inScript(what, "", ITERATIONS);
const cases: Case[] = [
  { title: "spinlock pair", unit: "ns", goal: "≤ 2.5", c: () => inC("spin", ITERATIONS), own: alone("spin") },
  { title: "mutex pair (C: robust)", unit: "ns", goal: "≤ 1", c: () => inC("robust", ITERATIONS), own: alone("mutex") },
  { title: "seqlock read of 64 B, quiet", unit: "ns", goal: "≤ 2", c: () => inC("seq", ITERATIONS), own: alone("seq") },
  { title: "the same, a write every µs", unit: "ns", goal: "≤ 2", c: () => inC("seqw", ITERATIONS), own: written },
  {
    title: "mutex, two processes (C: robust)",
    unit: "M/s",
    goal: "≥ 1",
    c: () => inC("robust2", CONTENDED_MS),
    own: () => contended("mutex"),
  },
  {
    title: "spinlock, two processes",
    unit: "M/s",
    c: () => inC("spin2", CONTENDED_MS),
    own: () => contended("spin"),
  },
  { title: "two exchanges alone", unit: "ns", own: alone("bare") },
  { title: "two exchanges and a count", unit: "ns", own: alone("counted") },
  { title: "ticket lock pair", unit: "ns", own: alone("ticket") },
  { title: "write lock pair", unit: "ns", own: alone("rw") },
  { title: "read lock pair", unit: "ns", own: alone("read") },
  { title: "semaphore pair", unit: "ns", own: alone("semaphore") },
];

console.log(`${thisRuntime}, medians of ${TURNS} turns`);
try {
  for (const { title, unit, goal, c, own } of cases) {
    const theirs: number[] = [], ours: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      if (c) theirs.push(c());
      ours.push(await own());
    }
    const mine = median(ours), beside = c ? median(theirs) : NaN;
    const figures = c
      ? `C ${beside.toFixed(1).padStart(7)}   ratio ${(mine / beside).toFixed(2).padStart(5)}${
        goal ? `   goal ${goal}` : ""
      }`
      : "";
    console.log(`${title.padEnd(34)} ${mine.toFixed(1).padStart(7)} ${unit.padEnd(4)} ${figures}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
