import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Region, type SharedType } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once } from "../../lib/sync/mod.ts";
import { type AnyLock, KINDS, NAMES } from "./lock_table.ts";

/** The memory of a shared thing, outside any segment. */
function memoryOf<Options, T>(type: SharedType<Options, T>, options: Options): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(type.byteLength(options));
  type.init(Region.over(memory), options);
  return memory;
}

/** Starts threads that share memory; the result resolves when all are done. */
async function start(
  what: string,
  memories: readonly SharedArrayBuffer[],
  count: number,
  threads = 2,
): Promise<{ done: Promise<unknown> }> {
  const workers = Array.from({ length: threads }, (_, side) => {
    return new Worker(new URL("./threads_peer.ts", import.meta.url), { workerData: { what, memories, side, count } });
  });
  const messages = workers.map((worker) => {
    const seen: ((message: unknown) => void)[] = [];
    const promises = ["ready", "done"].map((expected) =>
      new Promise<void>((resolve, reject) => {
        seen.push((message) => message === expected ? resolve() : reject(new Error(`${message}`)));
        worker.once("error", reject);
      })
    );
    let next = 0;
    worker.on("message", (message) => seen[next++](message));
    return promises;
  });
  await Promise.all(messages.map(([ready]) => ready));
  // In an object: a promise's promise would be waited for.
  return {
    done: Promise.all(messages.map(([, done]) => done)).then(() => Promise.all(workers.map((w) => w.terminate()))),
  };
}

const WORDS = 4096;

describe("between Workers, over a SharedArrayBuffer", { timeout: 240_000 }, () => {
  for (const name of NAMES) {
    it(`${name}: both sleep until the lock is free, then count exactly`, async () => {
      const [type, options] = KINDS[name], count = 50_000;
      const words = new SharedArrayBuffer(WORDS), memory = memoryOf(type, options);
      const lock = type.attach(Region.over(memory), options) as AnyLock;
      lock.lock();
      const { done } = await start(name, [words, memory], count);
      while (lock.stats().waiters < 2) await delay(5);
      assertEquals(new Int32Array(words)[0], 0);
      lock.unlock();
      await done;
      assertEquals(new Int32Array(words)[0], 2 * count);
      const { acquisitions, contended, owner, recoveries } = lock.stats();
      assertEquals([acquisitions, owner, recoveries], [2 * count + 1, undefined, 0]);
      assertGreaterOrEqual(contended, 2);
    });
  }

  it("Condition: no wake-up is lost", async () => {
    const words = new SharedArrayBuffer(WORDS), count = 20_000;
    const memories = [words, memoryOf(Mutex, {}), memoryOf(Condition, {}), memoryOf(Condition, {})];
    const { done } = await start("queue", memories, count);
    await done;
    assertEquals(new Int32Array(words)[1], count);
  });

  it("Event: each lets the other one through", async () => {
    const words = new SharedArrayBuffer(WORDS), count = 5000, options = { autoReset: true };
    const memories = [words, memoryOf(Event, options), memoryOf(Event, options)];
    const { done } = await start("events", memories, count);
    await done;
    assertEquals(new Int32Array(words)[0], 2 * count);
  });

  it("Barrier: they meet", async () => {
    const words = new SharedArrayBuffer(WORDS), count = 2000, memory = memoryOf(Barrier, { parties: 2 });
    const { done } = await start("meet", [words, memory], count);
    await done;
    assertEquals(new Int32Array(words)[1], 0);
    assertEquals(Barrier.attach(Region.over(memory), {}).stats().rounds, 2 * count);
  });

  it("Once: one runs it, the others wait", async () => {
    const words = new SharedArrayBuffer(WORDS), memory = memoryOf(Once, {});
    const { done } = await start("once", [words, memory], 1, 3);
    await done;
    assertEquals([...new Int32Array(words).subarray(0, 2)], [1, 0]);
  });
});
