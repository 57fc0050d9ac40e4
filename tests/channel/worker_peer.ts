import { LatestTable, Region } from "../../mod.ts";
import { isWhole, Sample, THREADS_TABLE as options } from "./latest_table_sample.ts";

/*
 * A thread writes and another one reads, over a SharedArrayBuffer. Run by Deno without a permission: nothing here may
 * need FFI. The thread keeps the process alive, until the test kills it.
 */
const memory = new SharedArrayBuffer(LatestTable.byteLength(options));
const region = Region.over(memory);
LatestTable.init(region, options);
const table = LatestTable.attach(region, options);
const worker = new Worker(new URL("./worker_thread.ts", import.meta.url), { type: "module" });
let torn = 0, backwards = 0, isDone = false;
const last = [0, 0], sample = Sample.alloc();
worker.onmessage = () => isDone = true;
worker.postMessage(memory);
while (!isDone) {
  for (let i = 0; i < 10_000; i++) {
    if (!table.read(i & 1, sample)) continue;
    if (!isWhole(sample)) torn++;
    if (sample.sequence < last[i & 1]) backwards++;
    last[i & 1] = sample.sequence;
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
table.read(0, sample);
console.log(JSON.stringify({ torn, backwards, enough: sample.sequence === 300_000 }));
