import process from "node:process";
import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import { Segment } from "../../mod.ts";
import { RawRing, startByteRingAt } from "./byte_ring_sample.ts";
import { watchGarbage } from "../../support/garbage.ts";

/*
 * Two million messages over each hot path of a ring, in a segment, across 2^31 and 2^32. The control makes an object
 * for each tenth message.
 */
const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const sum = new Int32Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let rings = 0;

function ringAt(start: number, producers: "one" | "many") {
  const name = `ring ${rings++}`;
  const ring = segment.create(name, ByteRing, { capacity: 4096, producers });
  startByteRingAt(segment.open(name, RawRing).views.u32, start);
  return { producer: ring.producer(), consumer: ring.consumer() };
}

type Ring = ReturnType<typeof ringAt>;
const message = new Uint8Array(24).fill(7);

/** Claims, fills and publishes in place, and drains in batches. */
function claims({ producer, consumer }: Ring, messages: number): void {
  const add = (type: number, at: number, length: number) => void (sum[0] += type + length + consumer.bytes[at]);
  for (let i = 0; i < messages; i++) {
    const at = producer.claim(1 + (i & 31), i)!;
    producer.bytes[at] = i;
    producer.publish();
    if ((i & 31) === 31) consumer.drain(add, 256);
  }
}

/** Several claims at once, some of them aborted. */
function batches({ producer, consumer }: Ring, messages: number): void {
  const add = (type: number, at: number, length: number) => void (sum[0] += type + length + consumer.bytes[at]);
  for (let i = 0; i < messages; i += 16) {
    for (let j = 0; j < 16; j++) producer.bytes[producer.claim(40, j)!] = i;
    (i & 16) === 0 ? producer.publish() : producer.abort();
    consumer.drain(add);
  }
}

function pushes({ producer, consumer }: Ring, messages: number): void {
  const add = (type: number, at: number, length: number) => void (sum[0] += type + length + consumer.bytes[at]);
  for (let i = 0; i < messages; i++) {
    producer.push(message, i & 255);
    if ((i & 15) === 15) consumer.drain(add);
  }
}

/** Waits, with and without success. */
function waits({ producer, consumer }: Ring, messages: number): void {
  const options = { timeoutMs: 0 };
  const add = (type: number, at: number, length: number) => void (sum[0] += type + length + consumer.bytes[at]);
  for (let i = 0; i < messages; i++) {
    if (producer.pushWait(message, 1, options)) sum[0]++;
    if ((i & 255) === 255) consumer.drainWait(add, 40, options);
  }
}

function control({ producer, consumer }: Ring, messages: number): void {
  const add = (type: number) => void (sum[0] += type);
  for (let i = 0; i < messages / 10; i++) {
    kept[i & 1023] = { i };
    producer.claim(8, 1);
    producer.publish();
    consumer.drain(add);
  }
}

const paths: Record<string, (ring: Ring, messages: number) => void> = {};
for (const producers of ["one", "many"]) {
  for (const path of [claims, batches, pushes, waits]) paths[`${path.name}, ${producers}`] = (r, n) => path(r, n);
}
paths.control = control;

await watchGarbage(paths, (name, isWarmUp) => {
  const start = isWarmUp ? 0 : [2 ** 31 - 8000, 2 ** 32 - 8000][name.length % 2];
  return ringAt(start, name.endsWith("many") ? "many" : "one");
});
console.log(sum[0]);
process.exit(0);
