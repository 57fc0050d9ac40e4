import process from "node:process";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import { Segment } from "../../mod.ts";
import { watchGarbage } from "../../support/garbage.ts";
import { startPipelineAt } from "./pipeline_sample.ts";
import { fillSmall, Raw, Small } from "./spsc_ring_sample.ts";

/*
 * Two million records through each hot path of a pipeline of three readers, in a segment, across 2^31 and 2^32. The
 * control makes an object for each tenth record.
 */
const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const sum = new Int32Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let made = 0;

function pipelineAt(start: number) {
  const name = `pipeline ${made++}`, readers = { a: [], b: ["a"], c: ["a", "b"] };
  const pipeline = segment.create(name, Pipeline, { layout: Small, capacity: 64, readers });
  startPipelineAt(segment.open(name, { kind: "Pipeline", ...Raw }, {}), start, 64, 3);
  return { writer: pipeline.writer(), readers: pipeline.readers.map((reader) => pipeline.reader(reader)) };
}

const add = (record: { low: number }) => void (sum[0] += record.low);
const sample = Small.alloc(), into = Small.alloc();

const paths: Record<string, (pipeline: ReturnType<typeof pipelineAt>, records: number) => void> = {
  "claim, publish, drain"({ writer, readers }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(writer.claim()!, i);
      writer.publish();
      if ((i & 31) === 31) { for (let k = 0; k < 3; k++) readers[k].drain(add, 256); }
    }
  },
  "push, shift"({ writer, readers }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(sample, i);
      writer.push(sample);
      for (let k = 0; k < 3; k++) readers[k].shift(into);
    }
  },
  "waits with and without success"({ writer, readers }, records) {
    const options = { timeoutMs: 0 };
    for (let i = 0; i < records; i++) {
      if (writer.pushWait(sample, options)) sum[0]++;
      if ((i & 63) === 63) { for (let k = 0; k < 3; k++) readers[k].drainWait(add, 4, options); }
    }
  },
  "control"({ writer, readers }, records) {
    for (let i = 0; i < records / 10; i++) {
      kept[i & 1023] = { i };
      fillSmall(writer.claim()!, i);
      writer.publish();
      for (let k = 0; k < 3; k++) readers[k].drain(add);
    }
  },
};

const starts = [2 ** 31 - 1000, 2 ** 32 - 1000];
await watchGarbage(paths, (name, isWarmUp) => pipelineAt(isWarmUp ? 0 : starts[name.length % 2]));
console.log(sum[0]);
process.exit(0);
