/**
 * `SpscRing` between two processes beside a ring in C, compiled here: million records a second, one by one and in
 * batches of 16, and round trips of 64 B. Records are received by a callback (`drain`), or by the caller's own loop
 * (`next`). "In use": both processes have used all channels and locks before, with records of this and of other
 * structs. C and TypeScript run in turn; ratios are those of neighbours. The machine may change its state within
 * seconds, so round trips take turns batch by batch: both processes make those in C themselves, from a library.
 * `spsc_ring.bench.ts [runs] [trips|throughput]`.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { SpscRing } from "../lib/channel/spsc_ring/spsc_ring.ts";
import { f64, Segment, struct } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { type CRings, loadCRings } from "./support/c_rings.ts";
import { compile } from "./support/compile.ts";
import { goal, type Goals, lowerQuartile, machine, median, printTable } from "./support/figures.ts";
import { useAll } from "./support/in_use.ts";
import { Record64 } from "./support/record64.ts";
import { runJson } from "./support/run_json.ts";

/** Records, and trips, after which both engines have compiled what they will; they are not counted. */
const WARM_UP = 5_000_000;
const RECORDS = 10_000_000,
  CAPACITY = 4096,
  LIMIT = 256,
  TRIPS = 512_000,
  WARM_UP_TRIPS = 2_048_000,
  TRIPS_A_BATCH = 256;
const Record8 = struct("Record8", { a: f64 });

/** A case: bytes, batch, and the least share of C's throughput that is the goal. */
const CASES: readonly [bytes: 8 | 64, batch: number, goals: Goals][] = [
  [8, 1, { bun: 0.35, deno: 0.25 }],
  [8, 16, { bun: 0.5, deno: 0.3 }],
  [64, 1, { bun: 0.7, deno: 0.4 }],
  [64, 16, { bun: 0.9, deno: 0.5 }],
];
/** The most that a round trip may take, in round trips of C. */
const TRIP_GOALS: Goals = { bun: 1.3, deno: 1.8 };
/** How records are received. */
const FORMS = ["drain", "next"] as const;
type Form = typeof FORMS[number];
/** What the processes did before. */
const USES = ["alone", "in use"] as const;

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

interface TripTimes {
  readonly ours: number;
  /** NaN without a compiler. */
  readonly c: number;
}

/** Nanoseconds of a round trip: medians over batches, ours and C's in turn. */
function trips(segment: Segment, isFirst: boolean, form: Form, c: CRings | undefined): TripTimes {
  const there = open64(segment, "there"), back = open64(segment, "back");
  const producer = (isFirst ? there : back).producer(spin), consumer = (isFirst ? back : there).consumer(spin);
  let sum = 0;
  const add = (r: ReturnType<typeof Record64.alloc>) => void (sum = r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h);
  const send = (value: number) => {
    fill64((producer.claim() ?? producer.claimWait())!, value);
    producer.publish();
  };
  const byDrain = (first: number) => {
    for (let j = 0; j < TRIPS_A_BATCH; j++) {
      if (isFirst) send(first);
      consumer.drainWait(add, 1);
      if (!isFirst) send(sum);
    }
  };
  const byNext = (first: number) => {
    for (let j = 0; j < TRIPS_A_BATCH; j++) {
      if (isFirst) send(first);
      const r = consumer.nextWait()!, answer = r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h;
      consumer.release();
      if (!isFirst) send(answer);
    }
  };
  const batch = form === "drain" ? byDrain : byNext, ours: number[] = [], cs: number[] = [];
  for (let i = 0; i < WARM_UP_TRIPS + TRIPS; i += TRIPS_A_BATCH) {
    const start = performance.now();
    batch(i);
    if (i >= WARM_UP_TRIPS) ours.push((performance.now() - start) * 1e6 / TRIPS_A_BATCH);
    if (!isFirst) c?.echo(TRIPS_A_BATCH);
    else if (c !== undefined && i >= WARM_UP_TRIPS) cs.push(c.trips(TRIPS_A_BATCH));
    else c?.trips(TRIPS_A_BATCH);
  }
  return { ours: median(ours), c: c === undefined ? NaN : median(cs) };
}

/** Another process of this file. */
function beside(args: readonly (string | number)[]): Promise<void> {
  const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
  return new Promise((resolve, reject) => {
    const child = spawn(file, all, { stdio: "inherit" });
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(`${args} ended with ${code}`)));
  });
}

const [role, name, use, form, bytes = "0", batch = "0", library = "", rings = ""] = process.argv.slice(2) as [
  string | undefined,
  string,
  typeof USES[number],
  Form,
  ...string[],
];
if (role !== undefined && use === "in use") useAll();
if (role === "consume") {
  // One process a run: it makes the segment, and the producer beside it.
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  // Made before the measurement.
  bytes === "8" ? open8(segment) : open64(segment);
  const other = beside(["produce", segment.name, use, form, bytes, batch]);
  console.log(JSON.stringify({ nanoseconds: consume(segment, Number(bytes), form) }));
  await other;
} else if (role === "trips") {
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  open64(segment, "there"), open64(segment, "back");
  const c = library === "" ? undefined : loadCRings(library);
  const other = beside(["echo", segment.name, use, form, "-", "-", library, c?.make() ?? ""]);
  console.log(JSON.stringify(trips(segment, true, form, c)));
  await other;
} else if (role === "produce") {
  const segment = Segment.open(name);
  bytes === "8" ? produce8(segment, Number(batch)) : produce64(segment, Number(batch));
} else if (role === "echo") {
  const c = library === "" ? undefined : loadCRings(library);
  c?.open(rings);
  trips(Segment.open(name), false, form, c);
} else compare(Number(role ?? 12), name);

/** Runs C and ours in turn, so many times: all cases, or only `trips` or `throughput`. */
function compare(runs: number, part?: string): void {
  const source = new URL("./c/ring.c", import.meta.url);
  console.log(machine());
  if (part !== "throughput") compareTrips(runs, compile(source, ["-shared", "-fPIC"]) ?? "");
  if (part !== "trips") compareThroughput(runs, compile(source));
}

function runOurs<T>(...args: (string | number)[]): T {
  const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
  return runJson<T>(file, all);
}

function ratios(us: readonly number[], c: readonly number[]): number[] {
  return us.map((figure, run) => figure / c[run]);
}

function range(figures: readonly number[]): string {
  return `${Math.min(...figures).toFixed(0)}–${Math.max(...figures).toFixed(0)}`;
}

function compareTrips(runs: number, library: string): void {
  console.log(
    `\nRound trip of 64 B through two rings, spinning, ns: lower quartile of ${runs} runs of each; ratios to C's`,
  );
  const tripRows: string[][] = [];
  for (const form of FORMS) {
    for (const use of USES) {
      const us: number[] = [], c: number[] = [];
      for (let run = 0; run < runs; run++) {
        const times = runOurs<TripTimes>("trips", "-", use, form, "-", "-", library);
        c.push(times.c);
        us.push(times.ours);
      }
      const each = ratios(us, c);
      tripRows.push([
        `${form}, ${use}`,
        lowerQuartile(us).toFixed(0),
        range(us),
        lowerQuartile(c).toFixed(0),
        range(c),
        (lowerQuartile(us) / lowerQuartile(c)).toFixed(2),
        median(each).toFixed(2),
        goal("≤", TRIP_GOALS),
      ]);
    }
  }
  printTable(["", "ours", "range", "C", "range", "of quartiles", "median of ratios", "goal"], tripRows);
}

function compareThroughput(runs: number, program: string | undefined): void {
  const inC = (...args: (string | number)[]): number =>
    program === undefined ? NaN : runJson<{ nanoseconds: number }>(program, args).nanoseconds;
  console.log(`\nMillion records a second: medians of ${runs} runs of each, warm; the ratio is ours to C's`);
  const rows: string[][] = [];
  for (const [bytes, batch, goals] of CASES) {
    for (const form of FORMS) {
      for (const use of USES) {
        const us: number[] = [], c: number[] = [];
        for (let run = 0; run < runs; run++) {
          c.push(RECORDS * 1e3 / inC("throughput", bytes, batch, RECORDS));
          const { nanoseconds } = runOurs<{ nanoseconds: number }>("consume", "-", use, form, bytes, batch);
          us.push(RECORDS * 1e3 / nanoseconds);
        }
        rows.push([
          `${bytes} B, ${batch === 1 ? "one by one" : `by ${batch}`}, ${form}, ${use}`,
          median(us).toFixed(0),
          range(us),
          median(c).toFixed(0),
          range(c),
          median(ratios(us, c)).toFixed(2),
          goal("≥", goals),
          (Math.min(...us) / Math.max(...us)).toFixed(2),
          (Math.min(...c) / Math.max(...c)).toFixed(2),
        ]);
      }
    }
  }
  printTable(["", "ours", "range", "C", "range", "ratio", "goal", "slowest/fastest", "C's"], rows);
}
