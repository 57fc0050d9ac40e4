/**
 * `Histogram` in a process of its own: nanoseconds of recording a value, as bench/c/histogram.c prints them; and of a
 * reading.
 */
import process from "node:process";
import { monotonicNs } from "../../ffi/system.ts";
import { Histogram, Segment } from "../../mod.ts";

const TIMES = 4096, BATCHES = 4000;

const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const histogram = segment.create("latencies", Histogram, { highest: 1e9 }), recorder = histogram.recorder();
const values = new Float64Array(TIMES), batches: number[] = [];
for (let i = 0, seed = 1; i < TIMES; i++) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  values[i] = (seed >>> 8) % (i % 64 === 0 ? 50_000_000 : 5000);
}

function run(): void {
  for (let i = 0; i < TIMES; i++) recorder.record(values[i]);
}

for (let batch = 0; batch < BATCHES; batch++) {
  const start = monotonicNs();
  run();
  if (batch >= BATCHES / 2) batches.push((monotonicNs() - start) / TIMES);
}
batches.sort((a, b) => a - b);
const into = histogram.read(), reads: number[] = [];
for (let i = 0; i < 200; i++) {
  const start = monotonicNs();
  histogram.read(into);
  reads.push(monotonicNs() - start);
}
reads.sort((a, b) => a - b);
console.log(JSON.stringify({ p50: batches[batches.length >> 1], min: batches[0], readNs: reads[100] }));
process.exit(0);
