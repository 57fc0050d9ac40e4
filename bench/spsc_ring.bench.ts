/**
 * `SpscRing` between two processes beside a ring in C, compiled here: million records a second, one by one and in
 * batches of 16, and round trips of 64 B. C and TypeScript run in turn; ratios are those of neighbours.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { SpscRing } from "../lib/channel/spsc_ring/spsc_ring.ts";
import { f64, Segment, struct } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { Record64 } from "./support/record64.ts";
import { runJson } from "./support/run_json.ts";

/** Records, and trips, after which both engines have compiled what they will; they are not counted. */
const WARM_UP = 5_000_000;
const RUNS = 10,
  RECORDS = 10_000_000,
  CAPACITY = 4096,
  LIMIT = 256,
  TRIPS = 512_000,
  WARM_UP_TRIPS = 2_048_000,
  TRIPS_A_BATCH = 256;
const Record8 = struct("Record8", { a: f64 });

/** A case: bytes, batch, and the least share of C's throughput that is the goal in Bun. */
const CASES: readonly [bytes: 8 | 64, batch: number, goal: number][] = [
  [8, 1, 0.3],
  [8, 16, 0.6],
  [64, 1, 0.7],
  [64, 16, 0.9],
];

const options = { bytes8: { layout: Record8, capacity: CAPACITY }, bytes64: { layout: Record64, capacity: CAPACITY } };
const spin = { wait: "spin" } as const;

function open8(segment: Segment): SpscRing<typeof Record8> {
  return segment.openOrCreate("ring 8", SpscRing, options.bytes8);
}

function open64(segment: Segment, name = "ring 64"): SpscRing<typeof Record64> {
  return segment.openOrCreate(name, SpscRing, options.bytes64);
}

function produce8(segment: Segment, batch: number): void {
  const producer = open8(segment).producer(spin);
  for (let i = 0; i < WARM_UP + RECORDS;) {
    for (let j = 0; j < batch; j++, i++) (producer.claim() ?? producer.claimWait())!.a = i;
    producer.publish();
  }
}

function produce64(segment: Segment, batch: number): void {
  const producer = open64(segment).producer(spin);
  for (let i = 0; i < WARM_UP + RECORDS;) {
    for (let j = 0; j < batch; j++, i++) fill64((producer.claim() ?? producer.claimWait())!, i);
    producer.publish();
  }
}

function fill64(record: ReturnType<typeof Record64.alloc>, i: number): void {
  record.a = i;
  record.b = i + 1;
  record.c = i + 2;
  record.d = i + 3;
  record.e = i + 4;
  record.f = i + 5;
  record.g = i + 6;
  record.h = i + 7;
}

/** How records are received: by a callback, or pulled by the caller's own loop. */
type Form = "drain" | "next";

/** Nanoseconds for all counted records. */
function consume(segment: Segment, bytes: number, form: Form): number {
  const start = bytes === 8 ? consume8(segment, form) : consume64(segment, form);
  return performance.now() * 1e6 - start;
}

function consume8(segment: Segment, form: Form): number {
  const consumer = open8(segment).consumer(spin);
  if (form === "drain") {
    let sum = 0;
    return drainAll((most) => consumer.drainWait((record) => void (sum += record.a), most), () => sum);
  }
  const pull = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += consumer.nextWait()!.a;
    return sum;
  };
  return pullAll(pull);
}

function consume64(segment: Segment, form: Form): number {
  const consumer = open64(segment).consumer(spin);
  if (form === "drain") {
    let sum = 0;
    const add = (r: ReturnType<typeof Record64.alloc>) => void (sum += r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h);
    return drainAll((most) => consumer.drainWait(add, most), () => sum);
  }
  const pull = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const r = consumer.nextWait()!;
      sum += r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h;
    }
    return sum;
  };
  return pullAll(pull);
}

/** Receives all records, and returns when the counted ones began. */
function drainAll(drain: (most: number) => number, sum: () => number): number {
  let received = 0;
  while (received < WARM_UP) received += drain(Math.min(LIMIT, WARM_UP - received));
  const start = performance.now() * 1e6;
  while (received < WARM_UP + RECORDS) received += drain(LIMIT);
  return start + (sum() === 1 ? 1 : 0);
}

function pullAll(pull: (count: number) => number): number {
  const A_TIME = 50_000;
  let sum = 0;
  for (let i = 0; i < WARM_UP; i += A_TIME) sum += pull(A_TIME);
  const start = performance.now() * 1e6;
  for (let i = 0; i < RECORDS; i += A_TIME) sum += pull(A_TIME);
  return start + (sum === 1 ? 1 : 0);
}

function trips(segment: Segment, isFirst: boolean): number {
  const there = open64(segment, "there"), back = open64(segment, "back");
  const producer = (isFirst ? there : back).producer(spin), consumer = (isFirst ? back : there).consumer(spin);
  const times: number[] = [];
  let sum = 0;
  const add = (r: ReturnType<typeof Record64.alloc>) => void (sum = r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h);
  const send = (value: number) => {
    fill64((producer.claim() ?? producer.claimWait())!, value);
    producer.publish();
  };
  for (let i = 0; i < WARM_UP_TRIPS + TRIPS; i += TRIPS_A_BATCH) {
    const start = performance.now();
    for (let j = 0; j < TRIPS_A_BATCH; j++) {
      if (isFirst) send(i);
      consumer.drainWait(add, 1);
      if (!isFirst) send(sum);
    }
    if (i >= WARM_UP_TRIPS) times.push((performance.now() - start) * 1e6 / TRIPS_A_BATCH);
  }
  return median(times);
}

/** Another process of this file. */
function beside(args: readonly (string | number)[]): Promise<void> {
  const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
  return new Promise((resolve, reject) => {
    const child = spawn(file, all, { stdio: "inherit" });
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(`${args} ended with ${code}`)));
  });
}

const [role, name, bytes, batch, form] = process.argv.slice(2);
if (role === "consume" || role === "trips") {
  // One process a run: it makes the segment, and the producer beside it.
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  // Made before anybody measures.
  if (role === "trips") open64(segment, "there"), open64(segment, "back");
  else bytes === "8" ? open8(segment) : open64(segment);
  const other = beside([role === "trips" ? "echo" : "produce", segment.name, bytes ?? 0, batch ?? 0]);
  console.log(
    JSON.stringify({
      nanoseconds: role === "trips" ? trips(segment, true) : consume(segment, Number(bytes), form as Form),
    }),
  );
  await other;
} else if (role === "produce" || role === "echo") {
  const segment = Segment.open(name);
  if (role === "echo") trips(segment, false);
  else bytes === "8" ? produce8(segment, Number(batch)) : produce64(segment, Number(batch));
} else compare();

/** Runs all cases. */
function compare(): void {
  const program = compile(new URL("./c/ring.c", import.meta.url));
  const ours = (...args: (string | number)[]): number => {
    const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
    return runJson<{ nanoseconds: number }>(file, all).nanoseconds;
  };
  const inC = (...args: (string | number)[]): number =>
    program === undefined ? NaN : runJson<{ nanoseconds: number }>(program, args).nanoseconds;
  console.log(
    `${machine()}\n\nMillion records a second, ${RUNS} runs of each, warm; the ratio is ours to C's, goals in Bun`,
  );
  const rows = CASES.map(([bytes, batch, goal]) => {
    const us: number[] = [], c: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      c.push(RECORDS * 1e3 / inC("throughput", bytes, batch, RECORDS));
      us.push(RECORDS * 1e3 / ours("consume", "-", bytes, batch));
    }
    return [
      `${bytes} B, ${batch === 1 ? "one by one" : `batches of ${batch}`}`,
      median(us).toFixed(0),
      `${Math.min(...us).toFixed(0)}–${Math.max(...us).toFixed(0)}`,
      median(c).toFixed(0),
      `${Math.min(...c).toFixed(0)}–${Math.max(...c).toFixed(0)}`,
      median(us.map((figure, i) => figure / c[i])).toFixed(2),
      `≥ ${goal}`,
      (Math.min(...us) / Math.max(...us)).toFixed(2),
      "> 0.5",
    ];
  });
  printTable(["", "ours", "range", "C", "range", "ratio", "goal", "slowest/fastest", "goal"], rows);

  const us: number[] = [], c: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    c.push(inC("trip", TRIPS));
    us.push(ours("trips"));
  }
  console.log(`\nRound trip of 64 B through two rings, spinning, ns; medians of ${RUNS} runs of each`);
  printTable(["", "ours", "C", "ratio", "goal"], [[
    "round trip",
    median(us).toFixed(0),
    median(c).toFixed(0),
    median(us.map((figure, i) => figure / c[i])).toFixed(2),
    "≤ 1.3",
  ]]);
}
