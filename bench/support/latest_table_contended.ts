/**
 * Reads rows that another process writes: `latest_table_contended.ts rows every seconds`, where `every` is how many
 * nanoseconds lie between two writes, 0 for none. Prints reads per second, and p50 and p99 of single reads, in
 * nanoseconds, the clock's own share included.
 */
import process from "node:process";
import { peerArgs } from "../../support/in_peer.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { LatestTable, Segment } from "../../mod.ts";
import { Record64 } from "./record64.ts";

const SAMPLES = 2_000_000, BATCH = 4096;
const [rows, every, seconds] = peerArgs.map(Number);

const segment = Segment.anonymous({ byteLength: 1 << 20 });
const table = segment.create("table", LatestTable, { layout: Record64, rows });
const writer = Peer.start(thisRuntime, new URL("./latest_table_writer.ts", import.meta.url), [segment.name, every]);
await writer.next(); // it has written every row
const record = Record64.alloc();

function sampleReads(samples: Float64Array): Float64Array {
  for (let i = 0; i < samples.length; i++) {
    const start = performance.now();
    table.read(i % rows, record);
    samples[i] = (performance.now() - start) * 1e6;
    if (record.a !== record.h) throw new Error(`A torn record: ${JSON.stringify(Record64.toObject(record))}`);
  }
  return samples.sort();
}

/** A function of its own: V8 optimises a loop better that is entered often than one that never ends. */
function readBatch(): void {
  for (let i = 0; i < BATCH; i++) table.read(i % rows, record);
}

function readsPerSecond(ms: number): number {
  const start = performance.now();
  let reads = 0, now = start;
  for (; now < start + ms; now = performance.now(), reads += BATCH) readBatch();
  return reads / (now - start) * 1000;
}

readsPerSecond(200);
sampleReads(new Float64Array(50_000));
const perSecond = readsPerSecond(seconds * 1000), samples = sampleReads(new Float64Array(SAMPLES));
writer.kill();
await writer.exited;
console.log(JSON.stringify({ perSecond, p50: samples[SAMPLES >> 1], p99: samples[SAMPLES / 100 * 99] }));
process.exit(0);
