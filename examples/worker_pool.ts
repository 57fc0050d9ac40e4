/**
 * A pool of worker processes. Jobs go through one queue, each to whichever worker is free; results come back through
 * another. A worker that dies takes nothing with it but the job it works on: `bun examples/worker_pool.ts`.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { MpmcQueue, Segment, struct, u32 } from "@shmkit/shmkit";

const Job = struct("Job", { from: u32, to: u32 });
const Result = struct("Result", { primes: u32, worker: u32 });
const WORKERS = 3, LAST = 300_000, STEP = 1000;

const [name, worker] = process.argv.slice(2);
if (name === undefined) await manage();
else work(name, Number(worker));

async function manage(): Promise<void> {
  using segment = Segment.anonymous({ byteLength: 1 << 20, role: "manager" });
  using jobs = segment.create("jobs", MpmcQueue, { layout: Job, capacity: 64 }).producer();
  using results = segment.create("results", MpmcQueue, { layout: Result, capacity: 64 }).consumer();
  const workers = Array.from({ length: WORKERS }, (_, i) => fork(process.argv[1], [segment.name, String(i)]));
  const ended = Promise.all(workers.map((worker) => once(worker, "exit")));

  let primes = 0, sent = 0, received = 0;
  const busy = new Set<number>(), result = Result.alloc();
  while (received < LAST / STEP) {
    while (sent < LAST / STEP && jobs.push({ from: sent * STEP, to: (sent + 1) * STEP })) sent++;
    if (!results.shiftWait(result, { timeoutMs: 100 })) continue;
    primes += result.primes;
    busy.add(result.worker);
    received++;
  }
  for (let i = 0; i < WORKERS; i++) jobs.pushWait({ from: 0, to: 0 }); // no more
  await ended; // a worker may have started late: until then it needs the segment
  console.log(`${primes} primes below ${LAST}, by ${busy.size} workers`);
}

function work(name: string, worker: number): void {
  using segment = Segment.open(name, { role: `worker ${worker}` });
  using jobs = segment.open("jobs", MpmcQueue, { layout: Job }).consumer();
  using results = segment.open("results", MpmcQueue, { layout: Result }).producer();
  const job = Job.alloc();
  while (jobs.shiftWait(job) && job.to > 0) results.pushWait({ primes: countPrimes(job.from, job.to), worker });
}

function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let n = Math.max(2, from), divisor; n < to; n++) {
    for (divisor = 2; divisor * divisor <= n && n % divisor !== 0;) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}
