/**
 * Waiting: how long it takes from another process's record to the one that waits for it, blocked or in the event loop,
 * idle or busy, alone or in a wait set; beside a Unix socket in the same runtime, and C's futex. Then a stream at full
 * speed, by `drainWait`, by batches and by records of `for await`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Event, f64, Segment, SpscRing, struct, type Waitable, WaitSet } from "../mod.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { compile } from "./support/compile.ts";
import { machine, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const Sent = struct("Sent", { time: f64, value: f64 });
const SCRIPT = fileURLToPath(import.meta.url);
/** Records that warm both sides up, and are not counted. */
const WARM_UP = 200;

const [role, name, count = "0", pauseUs = "0"] = process.argv.slice(2);

/** Sleeps, or spins where sleeping is too coarse. */
function pause(us: number): void {
  if (us >= 1000) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, us / 1000);
  else for (const end = performance.now() + us / 1000; performance.now() < end;);
}

/** Sends records into the ring, or times down a socket. */
async function write(): Promise<void> {
  using segment = Segment.open(name);
  const records = Number(count), us = Number(pauseUs);
  if (role === "socket") {
    const socket = connect(process.env.SHMKIT_SOCKET!);
    socket.setNoDelay(true);
    await new Promise((resolve) => socket.once("connect", resolve));
    for (let i = 0; i < records; i++) {
      await new Promise((resolve) => setTimeout(resolve, us / 1000));
      const line = new Float64Array([segment.now()]);
      socket.write(new Uint8Array(line.buffer));
    }
    socket.end();
    return;
  }
  using producer = segment.open("ring", SpscRing, { layout: Sent }).producer();
  if (role === "stream") {
    for (let i = 0; i < records; i++) {
      producer.claimWait()!.value = i;
      producer.publish();
    }
    return;
  }
  for (let i = 0; i < records; i++) {
    pause(us);
    producer.claimWait()!.time = segment.now();
    producer.publish();
  }
}

type Receive = (segment: Segment, records: number) => Promise<number[]> | number[];

const openRing = (segment: Segment) => segment.open("ring", SpscRing, { layout: Sent });

const block: Receive = (segment, records) => {
  using consumer = openRing(segment).consumer();
  const latencies: number[] = [];
  while (latencies.length < records) {
    consumer.drainWait(({ time }) => void latencies.push(segment.now() - time));
  }
  return latencies;
};

const asynchronous = (pollMs: number): Receive => async (segment, records) => {
  using consumer = openRing(segment).consumer({ pollMs });
  const latencies: number[] = [];
  for await (const { time } of consumer) if (latencies.push(segment.now() - time) === records) break;
  return latencies;
};

const inSet = (size: number, isAsync: boolean): Receive => async (segment, records) => {
  using consumer = openRing(segment).consumer();
  const set = new WaitSet<Waitable>([consumer]), latencies: number[] = [];
  for (let i = 1; i < size; i++) set.add(segment.create(`event ${i}`, Event, {}));
  while (latencies.length < records) {
    if (isAsync) await set.waitAsync();
    else set.wait();
    consumer.drain(({ time }) => void latencies.push(segment.now() - time));
  }
  return latencies;
};

const socket: Receive = async (segment, records) => {
  const latencies: number[] = [];
  const server = createServer((socket) =>
    socket.on("data", (data) => {
      for (let at = 0; at + 8 <= data.length; at += 8) {
        latencies.push(segment.now() - (data as Uint8Array & { readDoubleLE(at: number): number }).readDoubleLE(at));
      }
    })
  );
  await new Promise<void>((resolve) => server.listen(process.env.SHMKIT_SOCKET!, resolve));
  tellReady();
  while (latencies.length < records) await new Promise((resolve) => setTimeout(resolve, 20));
  server.close();
  return latencies;
};

let tellReady = (): void => {};

/** Runs one case with a writer of its own. */
async function latenciesOf(receive: Receive, records: number, us: number, how = "write"): Promise<number[]> {
  const segmentName = `/shmkit-bench-${crypto.randomUUID()}`, all = records + WARM_UP;
  using segment = Segment.create(segmentName, { byteLength: 2 ** 20 });
  segment.create("ring", SpscRing, { layout: Sent, capacity: 4096 });
  const start = () => {
    const { file, args } = command(thisRuntime, SCRIPT, [how, segmentName, String(all), String(us)]);
    spawn(file, args, { stdio: "inherit", env: process.env });
  };
  if (how === "socket") tellReady = start;
  else start();
  const latencies = await receive(segment, all);
  Segment.unlink(segmentName);
  return latencies.slice(WARM_UP);
}

function figures(title: string, latencies: readonly number[]): string[] {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1000).toFixed(1);
  return [title, at(0.5), at(0.99), at(0.999)];
}

/** Millions of records a second. */
async function streamOf(receive: (segment: Segment, records: number) => Promise<number> | number): Promise<string> {
  const records = 3_000_000, rates: number[] = [];
  for (let run = 0; run < 3; run++) {
    const segmentName = `/shmkit-bench-${crypto.randomUUID()}`;
    using segment = Segment.create(segmentName, { byteLength: 2 ** 20 });
    segment.create("ring", SpscRing, { layout: Sent, capacity: 16384 });
    const { file, args } = command(thisRuntime, SCRIPT, ["stream", segmentName, String(records)]);
    spawn(file, args, { stdio: "inherit" });
    rates.push(await receive(segment, records));
    Segment.unlink(segmentName);
  }
  return Math.max(...rates).toFixed(1);
}

/** The rate from the first half on, when all is compiled. */
function rateMeter(records: number): { count(): boolean; rate(): number } {
  let seen = 0, start = 0, end = 0;
  return {
    count() {
      if (++seen === records >> 1) start = performance.now();
      if (seen === records) end = performance.now();
      return seen === records;
    },
    rate: () => records / 2 / (end - start) / 1000,
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-bench-"));
  process.env.SHMKIT_SOCKET = join(folder, "socket");
  console.log(machine());
  const rows: string[][] = [];
  const idle = 400, idleUs = 5000;
  const c = compile(new URL("./c/wake.c", import.meta.url));
  if (c !== undefined) {
    rows.push(figures("C, futex, idle", runJson<{ latencies: number[] }>(c, [idle, idleUs]).latencies));
  }
  const cases: [string, Receive, number, number, string?][] = [
    ["block, idle", block, idle, idleUs],
    ["Unix socket, idle", socket, idle, idleUs, "socket"],
    ["for await, idle", asynchronous(0), idle, idleUs],
    ["for await, 1,000 a second", asynchronous(2), 2000, 1000],
    ["for await, 10,000 a second", asynchronous(2), 20_000, 100],
    ["block in a set of 1", inSet(1, false), idle, idleUs],
    ["block in a set of 100", inSet(100, false), idle, idleUs],
    ["task in a set of 1", inSet(1, true), idle, idleUs],
    ["task in a set of 10", inSet(10, true), idle, idleUs],
    ["task in a set of 100", inSet(100, true), idle, idleUs],
  ];
  for (const [title, receive, records, us, how] of cases) {
    rows.push(figures(title, await latenciesOf(receive, records, us, how)));
  }
  printTable(["µs from record to receiver", "p50", "p99", "p99.9"], rows);
  const stream: string[][] = [];
  stream.push([
    "drainWait",
    await streamOf((segment, records) => {
      using consumer = openRing(segment).consumer();
      const meter = rateMeter(records);
      for (let isOver = false; !isOver;) consumer.drainWait(() => void (isOver = meter.count()), 256);
      return meter.rate();
    }),
  ]);
  stream.push([
    "for await of batches",
    await streamOf(async (segment, records) => {
      using consumer = openRing(segment).consumer();
      const meter = rateMeter(records);
      let isOver = false;
      for await (const batch of consumer.batches(256)) {
        for (const _record of batch) isOver = meter.count();
        if (isOver) break;
      }
      return meter.rate();
    }),
  ]);
  stream.push([
    "for await of records",
    await streamOf(async (segment, records) => {
      using consumer = openRing(segment).consumer();
      const meter = rateMeter(records);
      for await (const _record of consumer) if (meter.count()) break;
      return meter.rate();
    }),
  ]);
  console.log();
  printTable(["million records a second", "most of 3 runs"], stream);
  rmSync(folder, { recursive: true, force: true });
}

if (role === undefined) await main();
else await write();
