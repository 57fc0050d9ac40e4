import {
  Backoff,
  Barrier,
  Broadcast,
  ByteRing,
  Condition,
  Event,
  Futex,
  LatestTable,
  MpmcQueue,
  Mutex,
  Once,
  Pipeline,
  Region,
  RwLock,
  Semaphore,
  SeqLock,
  ShmkitError,
  SpinLock,
  SpscRing,
  struct,
  TicketLock,
  u32,
} from "../../mod.ts";

/*
 * Every part over memory that the runtime manages, waiting in every way, while nothing may load libc: Deno would ask a
 * person for the permission.
 */
// deno-lint-ignore no-explicit-any -- the globals of all runtimes, and types with options of their own
type Anything = any;
let loads = 0;
const { Deno, process } = globalThis as Anything;
const runtime = Deno ?? process.getBuiltinModule("bun:ffi") ?? process.getBuiltinModule("node:ffi");
const { dlopen } = runtime;
const refuse = () => {
  loads++;
  throw new Error("libc is loaded");
};
if (Deno !== undefined) Deno.dlopen = refuse;
else process.getBuiltinModule = () => ({ ...runtime, dlopen: refuse });

/** Attaches twice to a new thing. */
function two(type: Anything, options: Anything): Anything[] {
  const memory = new SharedArrayBuffer(type.byteLength(options));
  type.init(Region.over(memory), options);
  return [type.attach(Region.over(memory), options), type.attach(Region.over(memory), options)];
}

/** Whatever comes of it: only what it loads counts. */
function trying(use: () => unknown): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof ShmkitError)) throw error;
  }
}

const WAIT = { timeoutMs: 12 };
const layout = struct("Number", { value: u32 });
for (const type of [Mutex, SpinLock, TicketLock, RwLock, Semaphore, SeqLock]) {
  const [one, other] = two(type, { permits: 1, payloadBytes: 8 });
  one.lock();
  trying(() => other.lock(WAIT));
  if (type === RwLock) trying(() => other.lockRead(WAIT));
  one.unlock();
  other.lock(WAIT);
  other.stats();
  other.unlock();
}
const [mutex] = two(Mutex, {}), [condition] = two(Condition, {}), [event] = two(Event, {}), [once] = two(Once, {});
mutex.lock();
trying(() => condition.wait(mutex, WAIT));
condition.signal();
trying(() => event.wait(WAIT));
event.set();
once.run(() => {});
trying(() => two(Barrier, { parties: 2 })[0].wait(WAIT));

for (const wait of ["spin", "yield", "block"]) {
  const [ring, ringOther] = two(SpscRing, { layout, capacity: 4 });
  const producer = ring.producer({ wait }), consumer = ringOther.consumer({ wait });
  consumer.drainWait(() => {}, 1, WAIT);
  producer.push({ value: 1 });
  consumer.drain(() => {});
  const [bytes, bytesOther] = two(ByteRing, { capacity: 64 });
  const byteProducer = bytes.producer({ wait });
  bytesOther.consumer({ wait }).shiftWait(WAIT);
  byteProducer.push("text");
  const [queue, queueOther] = two(MpmcQueue, { layout, capacity: 4 });
  const queueProducer = queue.producer({ wait });
  queueOther.consumer({ wait }).shiftWait(layout.alloc(), WAIT);
  queueProducer.push({ value: 1 });
  const [broadcast, broadcastOther] = two(Broadcast, { layout, capacity: 4 });
  const broadcastWriter = broadcast.writer({ wait });
  broadcastOther.reader({ wait }).shiftWait(layout.alloc(), WAIT);
  broadcastWriter.push({ value: 1 });
  const [pipeline, pipelineOther] = two(Pipeline, { layout, capacity: 4, readers: { first: [] } });
  const pipelineWriter = pipeline.writer({ wait });
  pipelineOther.reader("first", { wait }).shiftWait(layout.alloc(), WAIT);
  pipelineWriter.push({ value: 1 });
}
const [table, tableOther] = two(LatestTable, { layout, rows: 1 });
table.writer().write(0, { value: 7 });
tableOther.read(0, layout.alloc());

const backoff = new Backoff();
while (backoff.steps < 14) backoff.step();
const futex = Futex.at(new Int32Array(new SharedArrayBuffer(4)), 0);
futex.wait(0, futex.now() + 5);
futex.wakeAll();
Futex.waitAny([futex, futex], [0, 0], futex.now() + 5);

console.log(JSON.stringify({ loads, isSpied: dlopen !== refuse }));
