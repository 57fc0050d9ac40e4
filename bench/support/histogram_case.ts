/**
 * `Histogram` in a process of its own: nanoseconds of recording a value, as bench/c/histogram.c prints them; and of a
 * reading.
 */
import process from "node:process";
import { monotonicNs } from "../../ffi/system.ts";
import { Histogram, Segment } from "../../mod.ts";
import { summaryOf, timeBatches } from "./batches.ts";

const TIMES = 4096, BATCHES = 2000;

const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const histogram = segment.create("latencies", Histogram, { highest: 1e9 }), recorder = histogram.recorder();
const values = new Float64Array(TIMES);
for (let i = 0, seed = 1; i < TIMES; i++) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  values[i] = (seed >>> 8) % (i % 64 === 0 ? 50_000_000 : 5000);
}

function run(): void {
  for (let i = 0; i < TIMES; i++) recorder.record(values[i]);
}

const batches = timeBatches(run, BATCHES, TIMES);
const into = histogram.read(), reads: number[] = [];
for (let i = 0; i < 200; i++) {
  const start = monotonicNs();
  histogram.read(into);
  reads.push(monotonicNs() - start);
}
console.log(JSON.stringify({ ...batches, readNs: summaryOf(reads).p50 }));
process.exit(0);
