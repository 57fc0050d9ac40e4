import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Event, f64, type RoleOptions, Segment, SpscRing, struct, type Waitable, WaitSet } from "../../mod.ts";
import { command, thisRuntime } from "../../support/runtimes.ts";

/*
 * One case of waiting, in processes of its own: the receiver, which prints a line of JSON, and a writer, which it
 * starts. Arguments: the case, how many records, microseconds between two of them.
 */

/** Records that warm both sides up, in quick succession, and are not counted. */
const WARM_UP = 5000;
const WARM_UP_US = 20;
/** The first ones after a change of pace are not counted either. */
const SETTLING = 20;

const Sent = struct("Sent", { time: f64, value: f64 });
const SCRIPT = fileURLToPath(import.meta.url);
const MESSAGE_BYTES = 16;

const [what, first, second, place = ""] = process.argv.slice(2);
const records = Number(first), us = Number(second);
const all = records + WARM_UP + SETTLING;

const ringOf = (segment: Segment) => segment.open("ring", SpscRing, { layout: Sent });

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Keeps a pace: sleeps where there is time for it, or spins. */
function pacer(us: number): () => void {
  let next = performance.now();
  return () => {
    next = Math.max(next + us / 1000, performance.now());
    const left = next - performance.now();
    if (left > 0.5) Atomics.wait(nobody, 0, 0, left);
    while (performance.now() < next);
  };
}

function pace(): () => void {
  const warm = pacer(WARM_UP_US);
  let sent = 0, counted: (() => void) | undefined;
  return () => sent++ < WARM_UP ? warm() : (counted ??= pacer(us))();
}

/** The writer's side. */
const writers: Record<string, () => void | Promise<void>> = {
  write() {
    using segment = Segment.open(place);
    using producer = ringOf(segment).producer();
    const pause = pace();
    for (let i = 0; i < all; i++) {
      pause();
      producer.claimWait()!.time = segment.now();
      producer.publish();
    }
  },
  async send() {
    using segment = Segment.open(place);
    const socket = connect(socketOf(place)), pause = pace();
    await once(socket, "connect");
    const message = new Float64Array(MESSAGE_BYTES / 8), bytes = new Uint8Array(message.buffer);
    for (let i = 0; i < all; i++) {
      pause();
      message[0] = segment.now();
      await new Promise<unknown>((resolve) => socket.write(bytes, resolve));
    }
    socket.end();
  },
  stream() {
    using segment = Segment.open(place);
    using producer = ringOf(segment).producer();
    for (let i = 0; i < records; i++) {
      producer.claimWait()!.value = i;
      producer.publish();
    }
  },
};

function socketOf(segment: string): string {
  return join(tmpdir(), `${segment.slice(1)}.socket`);
}

function start(role: string, segment: Segment): void {
  const { file, args } = command(thisRuntime, SCRIPT, [role, String(records), String(us), segment.name]);
  spawn(file, args, { stdio: "inherit" });
}

type Latencies = (segment: Segment) => Promise<number[]> | number[];

const block: Latencies = (segment) => {
  using consumer = ringOf(segment).consumer();
  start("write", segment);
  const latencies: number[] = [];
  while (latencies.length < all) consumer.drainWait(({ time }) => void latencies.push(segment.now() - time));
  return latencies;
};

const asynchronous: Latencies = async (segment) => {
  const latencies: number[] = [], ring = ringOf(segment);
  const receive = async (options: RoleOptions, until: number) => {
    using consumer = ring.consumer(options);
    for await (const { time } of consumer) if (latencies.push(segment.now() - time) === until) break;
  };
  start("write", segment);
  await receive({ pollMs: 0 }, WARM_UP); // asleep most of the time, so that what wakes it is warm as well
  await receive({}, all);
  return latencies;
};

const inSet = (size: number, isAsync: boolean): Latencies => async (segment) => {
  using consumer = ringOf(segment).consumer();
  const set = new WaitSet<Waitable>([consumer]), latencies: number[] = [];
  for (let i = 1; i < size; i++) set.add(segment.create(`event ${i}`, Event, {}));
  start("write", segment);
  while (latencies.length < all) {
    if (isAsync) await set.waitAsync();
    else set.wait();
    consumer.drain(({ time }) => void latencies.push(segment.now() - time));
  }
  return latencies;
};

const socket: Latencies = async (segment) => {
  const latencies: number[] = [], path = socketOf(segment.name);
  const server = createServer((socket) =>
    socket.on("data", (data: Uint8Array) => {
      const times = new DataView(data.buffer, data.byteOffset, data.byteLength);
      for (let at = 0; at + 8 <= data.length; at += MESSAGE_BYTES) {
        latencies.push(segment.now() - times.getFloat64(at, true));
      }
      if (latencies.length >= all) server.close();
    })
  );
  server.listen(path);
  await once(server, "listening");
  start("send", segment);
  await once(server, "close");
  rmSync(path, { force: true });
  return latencies;
};

const latencyCases: Record<string, Latencies> = {
  block,
  async: asynchronous,
  socket,
  "block in a set of 1": inSet(1, false),
  "block in a set of 10": inSet(10, false),
  "block in a set of 100": inSet(100, false),
  "task in a set of 1": inSet(1, true),
  "task in a set of 10": inSet(10, true),
  "task in a set of 100": inSet(100, true),
};

/** Notes when the second half begins, in which all is compiled, and the last record. */
class Meter {
  #start = 0;
  isOver = false;
  rate = 0;

  note(value: number): void {
    if (value === records >> 1) this.#start = performance.now();
    if (value !== records - 1) return;
    this.isOver = true;
    this.rate = records / 2 / (performance.now() - this.#start) / 1000;
  }
}

type Consumer = ReturnType<SpscRing<typeof Sent>["consumer"]>;
const LIMIT = 256;

/** How a stream at full speed is received; all of them do the same with each record. */
const streamCases: Record<string, (consumer: Consumer, meter: Meter) => void | Promise<void>> = {
  drain(consumer, meter) {
    while (!meter.isOver) consumer.drain(({ value }) => meter.note(value), LIMIT);
  },
  drainWait(consumer, meter) {
    while (!meter.isOver) consumer.drainWait(({ value }) => meter.note(value), LIMIT);
  },
  async drainAsync(consumer, meter) {
    while (!meter.isOver) await consumer.drainAsync(({ value }) => meter.note(value), LIMIT);
  },
  async batches(consumer, meter) {
    for await (const batch of consumer.batches(LIMIT)) {
      for (const { value } of batch) meter.note(value);
      if (meter.isOver) break;
    }
  },
  async records(consumer, meter) {
    for await (const { value } of consumer) {
      meter.note(value);
      if (meter.isOver) break;
    }
  },
};

async function receive(): Promise<void> {
  const name = `/shmkit-bench-${crypto.randomUUID()}`, stream = streamCases[what];
  using segment = Segment.create(name, { byteLength: 2 ** 21 });
  segment.create("ring", SpscRing, { layout: Sent, capacity: 16384 });
  if (stream === undefined) {
    const latencies = await latencyCases[what](segment);
    console.log(JSON.stringify({ latencies: latencies.slice(-records).map(Math.round) }));
  } else {
    const meter = new Meter();
    using consumer = ringOf(segment).consumer();
    start("stream", segment);
    await stream(consumer, meter);
    console.log(JSON.stringify({ rate: meter.rate }));
  }
  Segment.unlink(name);
}

await (writers[what] ?? receive)();
