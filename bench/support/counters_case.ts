/**
 * `Counters` in a process of its own: nanoseconds of adding to a counter, of setting it, and of reading 64 of them in
 * turn, as bench/c/counters.c prints them; and of a list of all.
 */
import process from "node:process";
import { monotonicNs } from "../../ffi/system.ts";
import { Counters, Segment } from "../../mod.ts";

const TIMES = 4096, BATCHES = 4000, COUNTERS = 64;

const segment = Segment.anonymous({ byteLength: 2 ** 18 });
const counters = segment.create("counters", Counters, { capacity: COUNTERS });
const all = Array.from({ length: COUNTERS }, (_, i) => counters.allocate(`counter ${i}`)), counter = all[7];
const sum = new Float64Array(1);

const RUNS: Record<string, () => void> = {
  add() {
    for (let i = 0; i < TIMES; i++) counter.add();
  },
  set() {
    for (let i = 0; i < TIMES; i++) counter.set(i);
  },
  read() {
    for (let i = 0; i < TIMES; i++) sum[0] += counters.read(i % COUNTERS)!;
  },
  list() {
    sum[0] += counters.list().length;
  },
};

const what = process.argv[2], run = RUNS[what], batches: number[] = [];
const times = what === "list" ? 1 : TIMES, count = what === "list" ? 1000 : BATCHES;
for (let batch = 0; batch < count; batch++) {
  const start = monotonicNs();
  run();
  if (batch >= count / 2) batches.push((monotonicNs() - start) / times);
}
batches.sort((a, b) => a - b);
console.log(JSON.stringify({ p50: batches[batches.length >> 1], min: batches[0], sum: sum[0] }));
process.exit(0);
