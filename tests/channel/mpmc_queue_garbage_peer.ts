import process from "node:process";
import { Segment } from "../../mod.ts";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { watchGarbage } from "../../support/garbage.ts";
import { QueueWords, RawQueue } from "./mpmc_queue_sample.ts";
import { fillSmall, Small } from "./spsc_ring_sample.ts";

/*
 * Two million records over each hot path of a queue, in a segment, across 2^31 and 2^32. The control makes an object
 * for each tenth record.
 */
const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const sum = new Int32Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let queues = 0;

function queueAt(start: number) {
  const name = `queue ${queues++}`, options = { layout: Small, capacity: 64 };
  const queue = segment.create(name, MpmcQueue, options);
  new QueueWords(segment.open(name, RawQueue, {}).views.i32, options).startAt(start);
  return { producer: queue.producer(), other: queue.producer(), consumer: queue.consumer() };
}

const add = (record: { low: number }) => void (sum[0] += record.low);
const sample = Small.alloc(), into = Small.alloc();

const paths: Record<string, (queue: ReturnType<typeof queueAt>, records: number) => void> = {
  "claim, publish, drain"({ producer, consumer }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(producer.claim()!, i);
      producer.publish();
      if ((i & 31) === 31) consumer.drain(add, 256);
    }
  },
  "claim 16, publish, drain"({ producer, consumer }, records) {
    for (let i = 0; i < records; i += 16) {
      for (let j = 0; j < 16; j++) fillSmall(producer.claim(16)!, i);
      producer.publish();
      consumer.drain(add);
    }
  },
  "push, shift"({ producer, other, consumer }, records) {
    for (let i = 0; i < records; i += 2) {
      fillSmall(sample, i);
      producer.push(sample);
      other.push(sample);
      consumer.shift(into);
      consumer.shift(into);
    }
  },
  "waits with and without success"({ producer, consumer }, records) {
    const options = { timeoutMs: 0 };
    for (let i = 0; i < records; i++) {
      if (producer.pushWait(sample, options)) sum[0]++;
      if ((i & 63) === 63) consumer.drainWait(add, 4, options);
      if ((i & 31) === 31 && consumer.nextWait(options) !== undefined) sum[0]++;
    }
  },
  "push, next"({ producer, other, consumer }, records) {
    for (let i = 0; i < records; i += 16) {
      for (let j = 0; j < 8; j++) producer.push(sample), other.push(sample);
      for (let record; (record = consumer.next(i & 16 ? 16 : undefined)) !== undefined;) sum[0] += record.low;
    }
  },
  "claims that are refused"({ producer }, records) {
    for (let i = 0; i < records; i++) if (producer.push(sample)) sum[0]++;
  },
  "claims that are given up"({ producer, consumer }, records) {
    for (let i = 0; i < records; i++) {
      producer.claim();
      producer.abort();
      if (consumer.shift(into)) sum[0]++;
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
await watchGarbage(paths, (name, isWarmUp) => queueAt(isWarmUp ? 0 : starts[name.length % 2]));
console.log(sum[0]);
process.exit(0);
