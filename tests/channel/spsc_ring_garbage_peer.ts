import process from "node:process";
import { Segment } from "../../mod.ts";
import { SpscRing } from "../../lib/channel/spsc_ring/spsc_ring.ts";
import { watchGarbage } from "../../support/garbage.ts";
import { fillSmall, Raw, Small, startRingAt } from "./spsc_ring_sample.ts";

/*
 * Two million records through each hot path of a ring, in a segment, across 2^31 and 2^32. The control makes an object
 * for each tenth record.
 */
const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const sum = new Int32Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let rings = 0;

function ringAt(start: number) {
  const name = `ring ${rings++}`;
  const ring = segment.create(name, SpscRing, { layout: Small, capacity: 64 });
  startRingAt(segment.open(name, { kind: "SpscRing", ...Raw }, {}), start);
  return { producer: ring.producer(), consumer: ring.consumer() };
}

const add = (record: { low: number }) => void (sum[0] += record.low);
const sample = Small.alloc(), into = Small.alloc();

const paths: Record<string, (ring: ReturnType<typeof ringAt>, records: number) => void> = {
  "claim, publish, drain"({ producer, consumer }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(producer.claim()!, i);
      producer.publish();
      if ((i & 31) === 31) consumer.drain(add, 256);
    }
  },
  "claim 16, publish, drain"({ producer, consumer }, records) {
    for (let i = 0; i < records; i += 16) {
      for (let j = 0; j < 16; j++) fillSmall(producer.claim()!, i);
      producer.publish();
      consumer.drain(add);
    }
  },
  "push, shift"({ producer, consumer }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(sample, i);
      producer.push(sample);
      consumer.shift(into);
    }
  },
  "waits with and without success"({ producer, consumer }, records) {
    const options = { timeoutMs: 0 };
    for (let i = 0; i < records; i++) {
      if (producer.pushWait(sample, options)) sum[0]++;
      if ((i & 63) === 63) consumer.drainWait(add, 4, options);
    }
  },
  "control"({ producer, consumer }, records) {
    for (let i = 0; i < records / 10; i++) {
      kept[i & 1023] = { i };
      fillSmall(producer.claim()!, i);
      producer.publish();
      consumer.drain(add);
    }
  },
};

const starts = [2 ** 31 - 1000, 2 ** 32 - 1000];
await watchGarbage(paths, (name, isWarmUp) => ringAt(isWarmUp ? 0 : starts[name.length % 2]));
console.log(sum[0]);
process.exit(0);
