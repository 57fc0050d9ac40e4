import process from "node:process";
import { Broadcast } from "../../lib/channel/broadcast/broadcast.ts";
import { Segment } from "../../mod.ts";
import { startBroadcastAt } from "./broadcast_sample.ts";
import { watchGarbage } from "../../support/garbage.ts";
import { fillSmall, Raw, Small } from "./spsc_ring_sample.ts";

/* Two million records through each hot path of a broadcast, across 2^31 and 2^32. */
const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const sum = new Int32Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let made = 0;

function broadcastAt(start: number) {
  const name = `broadcast ${made++}`;
  const broadcast = segment.create(name, Broadcast, { layout: Small, capacity: 64 });
  startBroadcastAt(segment.open(name, { kind: "Broadcast", ...Raw }, {}), start);
  return { writer: broadcast.writer(), reader: broadcast.reader() };
}

const add = (record: { low: number }) => void (sum[0] += record.low);
const sample = Small.alloc(), into = Small.alloc();

const paths: Record<string, (thing: ReturnType<typeof broadcastAt>, records: number) => void> = {
  "claim, publish, drain"({ writer, reader }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(writer.claim(), i);
      writer.publish();
      if ((i & 31) === 31) reader.drain(add, 256);
    }
  },
  "push, shift"({ writer, reader }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(sample, i);
      writer.push(sample);
      reader.shift(into);
    }
  },
  "lapped, each time"({ writer, reader }, records) {
    for (let i = 0; i < records; i++) {
      fillSmall(writer.claim(), i);
      writer.publish();
      if ((i & 255) === 255) reader.drain(add);
    }
  },
  "control"({ writer, reader }, records) {
    for (let i = 0; i < records / 10; i++) {
      kept[i & 1023] = { i };
      fillSmall(writer.claim(), i);
      writer.publish();
      reader.drain(add);
    }
  },
};

const starts = [2 ** 31 - 1000, 2 ** 32 - 1000];
await watchGarbage(paths, (name, isWarmUp) => broadcastAt(isWarmUp ? 0 : starts[name.length % 2]));
console.log(sum[0]);
process.exit(0);
