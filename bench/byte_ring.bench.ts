/**
 * `ByteRing` between two processes beside a one-to-one ring of messages in C, compiled here: million messages a second,
 * one by one and in batches of 16, received by `drainWait` and by `nextWait`. C and TypeScript run in turn; ratios are
 * those of neighbours. Where many may produce, one does: what the claim lock costs. "In use": both processes have used
 * all channels and locks before.
 *
 * Both sides work in portions, as programs do: a loop that begins once and never ends is compiled while it runs, for
 * which Bun pays twice. `byte_ring.bench.ts [runs] [beginning of a title]`.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ByteRing } from "../lib/channel/byte_ring/byte_ring.ts";
import { Segment } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { useAll } from "./support/in_use.ts";
import { runJson } from "./support/run_json.ts";

/** Messages after which both engines have compiled what they will; they are not counted. */
const WARM_UP = 3_200_000;
const MESSAGES = 6_400_000, PORTION = 16_000, CAPACITY = 2 ** 18, LIMIT = 256;
const spin = { wait: "spin" } as const;

type Producers = "one" | "many";
type Way = "drain" | "pull";
type Use = "alone" | "in use";

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
  const send = (first: number): void => {
    for (let i = first; i < first + PORTION;) {
      for (let j = 0; j < batch; j++, i++) {
        const length = least + 8 * (i * 7 % steps);
        // What is claimed must not wait for itself.
        let at = producer.claim(length, 1);
        if (at === undefined) {
          if (producer.claimed > 0) producer.publish();
          at = producer.claimWait(length, 1)!;
        }
        const place = at >> 3;
        for (let k = 0; k < length >> 3; k++) doubles[place + k] = i + k;
      }
      producer.publish();
    }
  };
  for (let i = 0; i < WARM_UP + MESSAGES; i += PORTION) send(i);
}

function consume(segment: Segment, producers: Producers, way: Way): number {
  const consumer = open(segment, producers).consumer(spin), doubles = doublesOf(consumer.bytes);
  let sum = 0;
  const add = (type: number, at: number, length: number) => {
    const first = at >> 3;
    let part = type;
    for (let k = 0; k < length >> 3; k++) part += doubles[first + k];
    sum += part;
  };
  const drain = (): void => {
    for (let left = PORTION; left > 0;) left -= consumer.drainWait(add, Math.min(left, LIMIT));
  };
  const pull = (): void => {
    let total = 0;
    for (let i = 0; i < PORTION; i++) {
      consumer.nextWait();
      const first = consumer.byteOffset >> 3, end = first + (consumer.byteLength >> 3);
      let part = consumer.type;
      for (let k = first; k < end; k++) part += doubles[k];
      total += part;
    }
    sum += total;
  };
  const receive = way === "drain" ? drain : pull;
  for (let i = 0; i < WARM_UP; i += PORTION) receive();
  const start = performance.now();
  let received = 0;
  for (let i = 0; i < MESSAGES; i += PORTION, received += PORTION) receive();
  const nanoseconds = (performance.now() - start) * 1e6 / received;
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

const [role, name, use, producers, way, least, steps, batch] = process.argv.slice(2);
if (role !== undefined && use === "in use") useAll();
if (role === "consume") {
  // One process a run: it makes the segment, and the producer beside it.
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  open(segment, producers as Producers); // before the measurement
  const other = beside(["produce", segment.name, use, producers, way, least, steps, batch]);
  console.log(JSON.stringify({ nanoseconds: consume(segment, producers as Producers, way as Way) }));
  await other;
} else if (role === "produce") {
  produce(Segment.open(name), producers as Producers, Number(least), Number(steps), Number(batch));
} else compare(Number(role ?? 7), name ?? "");

/** Runs C and ours in turn, so many times. */
function compare(runs: number, part: string): void {
  const program = compile(new URL("./c/byte_ring.c", import.meta.url));
  const ours = (...args: (string | number)[]): number => {
    const { file, args: all } = command(
      thisRuntime,
      fileURLToPath(import.meta.url),
      ["consume", "-", ...args].map(String),
    );
    return 1e3 / runJson<{ nanoseconds: number }>(file, all).nanoseconds;
  };
  const inC = (...args: (string | number)[]): number =>
    program === undefined ? NaN : MESSAGES * 1e3 / runJson<{ nanoseconds: number }>(program, args).nanoseconds;
  console.log(
    `${machine()}\n\nMillion messages a second, median and range of ${runs} runs of each, warm; the ratio is ours to C's`,
  );
  const columns: readonly [title: string, use: Use, producers: Producers, way: Way][] = [
    ["drained", "alone", "one", "drain"],
    ["pulled", "alone", "one", "pull"],
    ["in use", "in use", "one", "pull"],
    ["of many, pulled", "alone", "many", "pull"],
  ];
  const rows = CASES.filter(([title]) => title.startsWith(part)).map(([title, least, steps, batch]) => {
    const c: number[] = [], us: number[][] = columns.map(() => []);
    for (let run = 0; run < runs; run++) {
      c.push(inC(least, steps, batch, MESSAGES));
      for (const [i, [, use, producers, way]] of columns.entries()) {
        us[i].push(ours(use, producers, way, least, steps, batch));
      }
    }
    const figures = (all: readonly number[]) =>
      `${median(all).toFixed(0)} (${Math.min(...all).toFixed(0)}–${Math.max(...all).toFixed(0)})`;
    const ratio = (all: readonly number[]) => median(all.map((figure, i) => figure / c[i])).toFixed(2);
    return [title, figures(c), ...us.flatMap((all) => [figures(all), ratio(all)])];
  });
  printTable(["", "C", ...columns.flatMap(([title]) => [title, "ratio"])], rows);
}
