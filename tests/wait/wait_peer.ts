import process from "node:process";
import { Event, Mutex, Pipeline, type Region, Segment, Semaphore, SpscRing, type WaitStrategy } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { Stopwatch } from "../../support/stopwatch.ts";
import { waitingThreads } from "../../support/threads.ts";
import { after, Sample } from "./wait_sample.ts";

/** A few words. */
const Words = {
  kind: "Words",
  byteLength: () => 128,
  init() {},
  attach: (region: Region) => region.views.i32,
};

const [what, name, count = "0", way = ""] = peerArgs;

// As where the runtime has no threads to offer, or the kernel no call to wait for several words.
if (way === "without threads") {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = ((id: string) =>
    id === "node:worker_threads" ? undefined : getBuiltinModule(id)) as typeof getBuiltinModule;
}

const segment = Segment.open(name);
const openRing = () => segment.open("ring", SpscRing, { layout: Sample });

/**
 * Reports how many threads wait in the kernel once it is as many as wanted. One that wakes to check something does not
 * wait for a moment: so that none does counts after some time only.
 */
async function reaches(wanted: number, forMs = 0): Promise<void> {
  const limit = performance.now() + 20_000;
  for (let since = performance.now();; await after(5)) {
    const now = performance.now(), count = waitingThreads();
    if (count !== wanted) since = now + 5;
    if (now - since >= forMs || now > limit) return report(count);
  }
}

const parts: Record<string, () => void | Promise<void>> = {
  /** Sends records: in bursts, one at a time with pauses of all lengths, and at full speed. */
  async produce() {
    const producer = openRing().producer();
    for (let next = 0; next < Number(count);) {
      const burst = Math.min(Number(count) - next, 1 + next % 97);
      for (let i = 0; i < burst; i++, next++) {
        const record = await producer.claimAsync({ timeoutMs: 20_000 });
        if (record === undefined) throw new Error("full for 20 s");
        record.sequence = record.copy = next;
        producer.publish();
      }
      if (way === "with pauses") await after(next % 4);
    }
    report("done");
  },
  /** Receives them, and serves timers meanwhile. */
  async consume() {
    using consumer = openRing().consumer();
    let next = 0, wrong = 0, timers = 0;
    const timer = setInterval(() => timers++, 2);
    if (way === "by batches") {
      for await (const batch of consumer.batches(64)) {
        for (const { sequence, copy } of batch) if (sequence !== next++ || copy !== sequence) wrong++;
        if (next === Number(count)) break;
      }
    } else {
      for await (const { sequence, copy } of consumer) {
        if (sequence !== next++ || copy !== sequence) wrong++;
        if (next === Number(count)) break;
      }
    }
    clearInterval(timer);
    report({ received: next, wrong, areTimersServed: timers > 3 });
  },
  /** Waits until a signal ends it. */
  async idle() {
    const controller = new AbortController();
    process.once("SIGTERM", () => controller.abort(new Error("SIGTERM")));
    using consumer = openRing().consumer();
    const wait = consumer.records({ signal: controller.signal }).next();
    report("waits");
    await wait.catch((reason) => report(reason.message));
    // Nothing keeps it alive from here on.
  },
  /** Echoes through a WebSocket while it waits for a record. */
  async serve() {
    using consumer = openRing().consumer();
    const socket = new WebSocket(way);
    socket.onmessage = ({ data }) => socket.send(`${data}!`);
    await new Promise((resolve) => socket.onopen = resolve);
    for await (const { sequence } of consumer) {
      socket.send(`record ${sequence}`);
      if (sequence === 3) break;
    }
    socket.close();
  },
  /** Receives for ever. */
  async receive() {
    report("ready");
    using consumer = openRing().consumer();
    for await (const { sequence } of consumer) report(sequence);
  },
  /** Reads a pipeline for ever. */
  async read() {
    const reader = segment.open("pipeline", Pipeline, { layout: Sample }).reader(way);
    report("ready");
    for await (const { sequence } of reader) report(sequence);
  },
  /** Writes into a pipeline for ever. */
  async write() {
    const writer = segment.open("pipeline", Pipeline, { layout: Sample }).writer();
    for (let sequence = 0;; sequence++) {
      if (await writer.pushAsync({ sequence }, { timeoutMs: 0 })) continue;
      report("full");
      await writer.pushAsync({ sequence });
    }
  },
  /** Ends while a task waits. */
  async exit() {
    void openRing().consumer().records().next();
    await after(way === "started" ? 300 : 0);
    process.exit(7);
  },
  /** Takes a lock and keeps it until it is killed; or counts in it. */
  async keep() {
    await segment.open("mutex", Mutex).lockAsync();
    report("kept");
    await after(60_000);
  },
  /** Counts under a lock: tasks of one process, among those of others. */
  async count() {
    const mutex = segment.open("mutex", Mutex), words = segment.open("count", Words);
    report("ready");
    const work = async () => {
      for (let i = 0; i < Number(count); i++) {
        await mutex.lockAsync({ timeoutMs: 20_000 });
        const before = words[0];
        if (i % 16 === 0) await after(0);
        words[0] = before + 1;
        mutex.unlock();
      }
    };
    await Promise.all([work(), work(), work()]);
    report("done");
    process.exit(0);
  },
  /** Waits for a permit again and again, and is called off most of the time. */
  async disturb() {
    const semaphore = segment.open("semaphore", Semaphore);
    report("ready");
    for (let i = 0;; i++) {
      const isTaken = await semaphore.lockAsync({ timeoutMs: i % 4 });
      if (isTaken) semaphore.unlock();
    }
  },
  /** Sets an event some time after a message. */
  async set() {
    report("ready");
    for await (const _line of orders()) break;
    await after(50);
    segment.open("event", Event).set();
    process.exit(0);
  },
  /** Receives until it is stopped. */
  stop() {
    const stop = segment.open("event", Event);
    using consumer = openRing().consumer({ wait: way as WaitStrategy });
    report("ready");
    const start = performance.now();
    let received = 0;
    while (!stop.isSet) consumer.drainWait(() => void received++, 8, { stop, timeoutMs: 60_000 });
    report({ received, ms: performance.now() - start });
  },
  /** Waits for a lock until it is stopped. */
  "stop locking"() {
    const stop = segment.open("event", Event), mutex = segment.open("mutex", Mutex);
    report("ready");
    report(mutex.lock({ stop, timeoutMs: 60_000 }));
  },
  /** How many threads wait in the kernel while a task waits, and later; then once more, and after the close. */
  async threads() {
    using consumer = openRing().consumer();
    const waits = async () => {
      const ended = new AbortController(), options = { signal: ended.signal };
      const wait = consumer.shiftAsync(Sample.alloc(), options).catch((reason: Error) => {
        if (reason.name !== "AbortError") throw reason;
      });
      await reaches(1);
      ended.abort();
      await wait;
    };
    await waits();
    await reaches(0, 200);
    await waits();
    const stopwatch = new Stopwatch();
    segment.close();
    await reaches(0, 200);
    report({ endedAfterMs: stopwatch.stop() });
  },
  /** How many threads wait in the kernel while a task does, and when its program has ended but its process has not. */
  async "program ends"() {
    void openRing().consumer().shiftAsync(Sample.alloc());
    await reaches(1);
    // As Deno's tests end a file, and all runtimes a Worker.
    if ("Deno" in globalThis) dispatchEvent(new globalThis.Event("unload"));
    else process.emit("exit", 0);
    await reaches(0, 200);
    process.exit();
  },
};

await parts[what]();
