/**
 * `Counters` in a process of its own: nanoseconds of adding to a counter, of setting it, and of reading 64 of them in
 * turn, as bench/c/counters.c prints them; and of a list of all.
 */
import process from "node:process";
import { Counters, Segment } from "../../mod.ts";
import { timeBatches } from "./batches.ts";

const TIMES = 4096, BATCHES = 2000, COUNTERS = 64;

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

const what = process.argv[2];
const batches = what === "list" ? timeBatches(RUNS[what], 500, 1) : timeBatches(RUNS[what], BATCHES, TIMES);
console.log(JSON.stringify({ ...batches, sum: sum[0] }));
process.exit(0);
