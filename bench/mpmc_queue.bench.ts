/**
 * `MpmcQueue` between processes beside D. Vyukov's bounded queue in C, compiled here: million records a second, from
 * one producer to one consumer and from two to two. Both one by one; and ours in batches of 16, which C's has not.
 * Records are received by `next`, or by `shift` and `drain`. "In use": the processes have used all channels
 * and locks before, with records of this and of other structs. C and TypeScript run in turn; ratios are those of
 * neighbours. `mpmc_queue.bench.ts [runs] [part of a title, such as "1 to 1, 64 B"]`.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as system from "../ffi/system.ts";
import { add, load, sleep } from "../lib/atomic/mod.ts";
import { MpmcQueue } from "../lib/channel/mpmc_queue/mpmc_queue.ts";
import type { MpmcConsumer } from "../lib/channel/mpmc_queue/mpmc_consumer.ts";
import type { MpmcProducer } from "../lib/channel/mpmc_queue/mpmc_producer.ts";
import { type AnyStruct, f64, type Region, Segment, struct, type ViewOf } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { goal, type Goals, machine, median, printTable } from "./support/figures.ts";
import { useAll } from "./support/in_use.ts";
import { Record64 } from "./support/record64.ts";
import { runJson } from "./support/run_json.ts";

const RECORDS = 2_000_000, CAPACITY = 4096, BATCH = 16;
const Record8 = struct("Record8", { a: f64 });
/** Sent before, until the engines have compiled what is measured. */
const WARM_UP = 3_000_000;
const MOST = 8, READY = 0, DONE = 32, STARTS = 32, ENDS = STARTS + MOST;

const options = { bytes8: { layout: Record8, capacity: CAPACITY }, bytes64: { layout: Record64, capacity: CAPACITY } };

/** Two counts, and when each consumer began and ended. */
const Progress = {
  kind: "Progress",
  byteLength: (): number => 512,
  init: (): void => {},
  attach: (region: Region) => ({ words: region.views.i32, times: region.views.f64 }),
};

/** What a process works on; the same two lines in all of them. */
function open(segment: Segment, bytes: number) {
  const progress = segment.openOrCreate("progress", Progress, {});
  return bytes === 8
    ? { ...progress, queue8: segment.openOrCreate("queue", MpmcQueue, options.bytes8), queue64: undefined }
    : { ...progress, queue8: undefined, queue64: segment.openOrCreate("queue", MpmcQueue, options.bytes64) };
}

function fill64(record: ViewOf<typeof Record64>, i: number): void {
  record.a = i;
  record.b = i + 1;
  record.c = i + 2;
  record.d = i + 3;
  record.e = i + 4;
  record.f = i + 5;
  record.g = i + 6;
  record.h = i + 7;
}

/** All begin together. */
function begin(words: Int32Array, all: number): void {
  add(words, READY, 1);
  while (load(words, READY) < all) sleep(0.1);
}

function produce8(producer: MpmcProducer<typeof Record8>, batch: number, records: number): void {
  if (batch === 1) {
    for (let i = 0; i < records; i++) {
      (producer.claim() ?? producer.claimWait())!.a = i;
      producer.publish();
    }
  } else {
    for (let i = 0; i < records;) {
      for (let j = 0; j < batch; j++, i++) {
        const record = producer.claim(batch - j);
        if (record !== undefined) record.a = i;
        else if (producer.claimed > 0) break;
        else producer.claimWait()!.a = i;
      }
      producer.publish();
    }
  }
}

function produce64(producer: MpmcProducer<typeof Record64>, batch: number, records: number): void {
  if (batch === 1) {
    for (let i = 0; i < records; i++) {
      fill64((producer.claim() ?? producer.claimWait())!, i);
      producer.publish();
    }
  } else {
    for (let i = 0; i < records;) {
      for (let j = 0; j < batch; j++, i++) {
        const record = producer.claim(batch - j);
        if (record !== undefined) fill64(record, i);
        else if (producer.claimed > 0) break;
        else fill64(producer.claimWait()!, i);
      }
      producer.publish();
    }
  }
}

/** How a consumer receives: what is there first, after a short wait, and then until there is no more. */
interface Reception {
  readonly first: () => boolean;
  readonly rest: () => void;
}

/** Receives all there is, until so many producers are done. */
function receive(
  { words, times }: ReturnType<typeof open>,
  me: number,
  until: number,
  { first, rest }: Reception,
): void {
  let start = 0;
  while (true) {
    const done = load(words, DONE);
    if (first()) {
      if (start === 0) start = Number(system.monotonicNs());
      rest();
    } else if (done === until) break;
  }
  times[STARTS + me] = start;
  times[ENDS + me] = Number(system.monotonicNs());
}

const PATIENCE = { timeoutMs: 1 };
/** What was received is used. */
const total = new Float64Array(1);

/** By `next`, in a loop of its own: no callback, and the sum in a register. */
function pulling8(consumer: MpmcConsumer<typeof Record8>, ahead: number): Reception {
  let record: ViewOf<typeof Record8> | undefined;
  return {
    first: () => (record = consumer.nextWait(PATIENCE)) !== undefined,
    rest() {
      let sum = 0;
      for (let r = record; r !== undefined; r = consumer.next(ahead)) sum += r.a;
      total[0] += sum;
    },
  };
}

function pulling64(consumer: MpmcConsumer<typeof Record64>, ahead: number): Reception {
  let record: ViewOf<typeof Record64> | undefined;
  return {
    first: () => (record = consumer.nextWait(PATIENCE)) !== undefined,
    rest() {
      let sum = 0;
      for (let r = record; r !== undefined; r = consumer.next(ahead)) {
        sum += r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h;
      }
      total[0] += sum;
    },
  };
}

/** By `shift` or `drain`. */
function receiving<S extends AnyStruct>(
  consumer: MpmcConsumer<S>,
  batch: number,
  into: ViewOf<S>,
  sumUp: (record: ViewOf<S>) => void,
): Reception {
  if (batch > 1) {
    return {
      first: () => consumer.drainWait(sumUp, CAPACITY, PATIENCE) > 0,
      rest() {
        while (consumer.drain(sumUp, CAPACITY) > 0);
      },
    };
  }
  return {
    first() {
      const isReceived = consumer.shiftWait(into, PATIENCE);
      if (isReceived) sumUp(into);
      return isReceived;
    },
    rest() {
      while (consumer.shift(into)) sumUp(into);
    },
  };
}

/** What a consumer does, once as warm-up and once in earnest. */
function consumption({ queue8, queue64 }: ReturnType<typeof open>, batch: number, how: string, wait: "spin" | "yield") {
  if (queue8) {
    const consumer = queue8.consumer({ wait });
    return how === "next"
      ? pulling8(consumer, batch)
      : receiving(consumer, batch, Record8.alloc(), (r) => void (total[0] += r.a));
  }
  const consumer = queue64.consumer({ wait });
  return how === "next" ? pulling64(consumer, batch) : receiving(
    consumer,
    batch,
    Record64.alloc(),
    (r) => void (total[0] += r.a + r.b + r.c + r.d + r.e + r.f + r.g + r.h),
  );
}

/** What a producer does. */
function production({ queue8, queue64 }: ReturnType<typeof open>, batch: number, wait: "spin" | "yield") {
  if (queue8) {
    const producer = queue8.producer({ wait });
    return (records: number) => produce8(producer, batch, records);
  }
  const producer = queue64.producer({ wait });
  return (records: number) => produce64(producer, batch, records);
}

/** Another process of this file. */
function beside(args: readonly (string | number)[]): Promise<void> {
  const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), args.map(String));
  return new Promise((resolve, reject) => {
    const child = spawn(file, all, { stdio: "inherit" });
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(`${args} ended with ${code}`)));
  });
}

const [role, ...rest] = process.argv.slice(2);
const [how, inUse] = rest.slice(role === "run" ? 0 : 1);
const [bytes, batch, producers, consumers, me] = rest.slice(role === "run" ? 2 : 3).map(Number);
if (role === "run") {
  const segment = Segment.anonymous({ byteLength: 2 ** 20 });
  const { times } = open(segment, bytes), args = [segment.name, how, inUse, bytes, batch, producers, consumers];
  await Promise.all([
    ...Array.from({ length: producers }, (_, i) => beside(["produce", ...args, i])),
    ...Array.from({ length: consumers }, (_, i) => beside(["consume", ...args, i])),
  ]);
  const starts = times.slice(STARTS, STARTS + consumers).filter((time) => time > 0);
  console.log(
    JSON.stringify({ nanoseconds: Math.max(...times.slice(ENDS, ENDS + consumers)) - Math.min(...starts) }),
  );
} else if (role === "produce" || role === "consume") {
  if (inUse === "in use") useAll();
  const shared = open(Segment.open(rest[0]), bytes);
  const all = producers + consumers, wait = all > 2 ? "yield" : "spin";
  const consume = role === "consume" ? consumption(shared, batch, how, wait) : undefined;
  const produce = role === "produce" ? production(shared, batch, wait) : undefined;
  for (const [turn, records] of [[1, WARM_UP], [2, RECORDS]]) {
    begin(shared.words, all * turn);
    if (consume) receive(shared, me, producers * turn, consume);
    produce?.(records);
    if (produce) add(shared.words, DONE, 1);
  }
} else compare(Number(role ?? 10), rest[0] ?? "");

/** A row: what it is called, how many are claimed and taken at once, and how they are received. */
interface Case {
  readonly title: string;
  readonly batch: number;
  readonly how: "next" | "callback";
  /** The least ratios to C with one producer and one consumer of 64 B. */
  readonly goals?: Goals;
}

/** Runs C and ours in turn, so many times. */
function compare(runs: number, part: string): void {
  const cases: readonly Case[] = [
    { title: "one by one", batch: 1, how: "next", goals: { bun: 0.3, deno: 0.2 } },
    { title: `by ${BATCH}`, batch: BATCH, how: "next", goals: { bun: 0.7, deno: 0.3 } },
    { title: "one by one, shift", batch: 1, how: "callback" },
    { title: `by ${BATCH}, drain`, batch: BATCH, how: "callback" },
  ];
  const program = compile(new URL("./c/mpmc_queue.c", import.meta.url));
  const ours = (...args: (string | number)[]): number => {
    const { file, args: all } = command(thisRuntime, fileURLToPath(import.meta.url), ["run", ...args].map(String));
    return runJson<{ nanoseconds: number }>(file, all).nanoseconds;
  };
  const inC = (...args: (string | number)[]): number =>
    program === undefined ? NaN : runJson<{ nanoseconds: number }>(program, args).nanoseconds;
  console.log(`${machine()}\n\nMillion records a second, medians of ${runs} runs of each; ratios are ours to C's`);
  const rows: string[][] = [];
  for (const parties of [1, 2]) {
    for (const bytes of [8, 64]) {
      const title = `${parties} to ${parties}, ${bytes} B`;
      if (!title.includes(part)) continue;
      const records = RECORDS * parties * 1e3, c: number[] = [];
      const alone: number[][] = cases.map(() => []), used: number[][] = cases.map(() => []);
      for (let run = 0; run < runs; run++) {
        c.push(records / inC(bytes, parties, parties, RECORDS));
        for (const [i, { how, batch }] of cases.entries()) {
          alone[i].push(records / ours(how, "alone", bytes, batch, parties, parties));
          used[i].push(records / ours(how, "in use", bytes, batch, parties, parties));
        }
      }
      const ratio = (us: readonly number[]) => median(us.map((figure, run) => figure / c[run])).toFixed(2);
      for (const [i, { title: how, goals }] of cases.entries()) {
        rows.push([
          `${title}, ${how}`,
          median(alone[i]).toFixed(1),
          `${Math.min(...alone[i]).toFixed(1)}–${Math.max(...alone[i]).toFixed(1)}`,
          median(used[i]).toFixed(1),
          median(c).toFixed(1),
          `${Math.min(...c).toFixed(1)}–${Math.max(...c).toFixed(1)}`,
          ratio(alone[i]),
          ratio(used[i]),
          parties === 1 && bytes === 64 ? goal("≥", goals) : "",
        ]);
      }
    }
  }
  printTable(["", "ours", "range", "in use", "C", "range", "ratio", "in use", "goal"], rows);
}
