/**
 * `ByteRing` between two processes beside a one-to-one ring of messages in C, compiled here: million messages a second, one
 * by one and in batches of 16. C and TypeScript run in turn; ratios are those of neighbours. Where many may produce, one
 * does: what the claim lock costs.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ByteRing } from "../lib/channel/byte_ring/byte_ring.ts";
import { Segment } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const RUNS = 5, MESSAGES = 10_000_000, CAPACITY = 2 ** 18, LIMIT = 256;
const spin = { wait: "spin" } as const;

type Producers = "one" | "many";

/** A case: message i has `least` + 8 * (i * 7 mod `steps`) bytes. */
const CASES: readonly [title: string, least: number, steps: number, batch: number][] = [
  ["16 B, one by one", 16, 1, 1],
  ["16 B, batches of 16", 16, 1, 16],
  ["64 B, one by one", 64, 1, 1],
  ["64 B, batches of 16", 64, 1, 16],
  ["8 to 120 B, one by one", 8, 15, 1],
  ["8 to 120 B, batches of 16", 8, 15, 16],
];

function open(segment: Segment, producers: Producers): ByteRing {
  return segment.openOrCreate("bytes", ByteRing, { capacity: CAPACITY, producers });
}

/** A ring's memory as doubles. */
function doublesOf({ buffer, byteOffset, byteLength }: Uint8Array): Float64Array {
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}

function produce(segment: Segment, producers: Producers, least: number, steps: number, batch: number): void {
  const producer = open(segment, producers).producer(spin), doubles = doublesOf(producer.bytes);
  for (let i = 0; i < MESSAGES;) {
    for (let j = 0; j < batch; j++, i++) {
      const length = least + 8 * (i * 7 % steps);
      // What is claimed must not wait for itself.
      let at = producer.claim(length, 1);
      if (at === undefined) {
        if (producer.claimed > 0) producer.publish();
        at = producer.claimWait(length, 1)!;
      }
      const first = at >> 3;
      for (let k = 0; k < length >> 3; k++) doubles[first + k] = i + k;
    }
    producer.publish();
  }
}

function consume(segment: Segment, producers: Producers): number {
  const consumer = open(segment, producers).consumer(spin), doubles = doublesOf(consumer.bytes);
  let sum = 0, start = 0, received = 0;
  const add = (type: number, at: number, length: number) => {
    const first = at >> 3;
    let part = type;
    for (let k = 0; k < length >> 3; k++) part += doubles[first + k];
    sum += part;
  };
  while (received < MESSAGES) {
    const count = consumer.drainWait(add, LIMIT);
    if (start === 0) start = performance.now();
    received += count;
  }
  const nanoseconds = (performance.now() - start) * 1e6;
  return sum === 1 ? 0 : nanoseconds;
}

/** Another process of this file. */
function beside(args: readonly (string | number)[]): Promise<void> {
  const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
  return new Promise((resolve, reject) => {
    const child = spawn(file, all, { stdio: "inherit" });
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(`${args} ended with ${code}`)));
  });
}

const [role, name, producers, least, steps, batch] = process.argv.slice(2);
if (role === "consume") {
  // One process a run: it makes the segment, and the producer beside it.
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  open(segment, producers as Producers); // before anybody measures
  const other = beside(["produce", segment.name, producers, least, steps, batch]);
  console.log(JSON.stringify({ nanoseconds: consume(segment, producers as Producers) }));
  await other;
} else if (role === "produce") {
  produce(Segment.open(name), producers as Producers, Number(least), Number(steps), Number(batch));
} else compare();

/** Runs all cases. */
function compare(): void {
  const program = compile(new URL("./c/byte_ring.c", import.meta.url));
  const ours = (...args: (string | number)[]): number => {
    const { file, args: all } = command(
      thisRuntime,
      fileURLToPath(import.meta.url),
      ["consume", "-", ...args].map(String),
    );
    return MESSAGES * 1e3 / runJson<{ nanoseconds: number }>(file, all).nanoseconds;
  };
  const inC = (...args: (string | number)[]): number =>
    program === undefined ? NaN : MESSAGES * 1e3 / runJson<{ nanoseconds: number }>(program, args).nanoseconds;
  console.log(`${machine()}\n\nMillion messages a second, ${RUNS} runs of each; ratios are ours to C's`);
  const rows = CASES.map(([title, least, steps, batch]) => {
    const one: number[] = [], many: number[] = [], c: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      c.push(inC(least, steps, batch, MESSAGES));
      one.push(ours("one", least, steps, batch));
      many.push(ours("many", least, steps, batch));
    }
    const range = (figures: readonly number[]) =>
      `${Math.min(...figures).toFixed(0)}–${Math.max(...figures).toFixed(0)}`;
    const ratio = (figures: readonly number[]) => median(figures.map((figure, i) => figure / c[i])).toFixed(2);
    return [
      title,
      median(one).toFixed(0),
      range(one),
      median(c).toFixed(0),
      range(c),
      ratio(one),
      median(many).toFixed(0),
      range(many),
      ratio(many),
    ];
  });
  printTable(["", "one producer", "range", "C", "range", "ratio", "of many", "range", "ratio"], rows);
}
