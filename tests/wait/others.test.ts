import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { Event, Mutex, type Region, Segment, Semaphore, SpscRing } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { otherRuntime, PAIRS, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { after, Sample } from "./wait_sample.ts";

const SCRIPT = new URL("./wait_peer.ts", import.meta.url);

const Words = {
  kind: "Words",
  byteLength: () => 128,
  init() {},
  attach: (region: Region) => region.views.i32,
};

describe("tasks of several processes at a lock", () => {
  it("count exactly", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const words = segment.create("count", Words, {}), mutex = segment.create("mutex", Mutex, {});
      const peers = PAIRS.map(([, runtime]) => Peer.start(runtime, SCRIPT, ["count", name, 300]));
      for (const peer of peers) assertEquals(await peer.next(), "ready");
      for (const peer of peers) assertEquals(await peer.next(), "done");
      assertEquals([words[0], mutex.stats().waiters], [1800, 0]);
    }));

  for (const [, runtime] of PAIRS) {
    it(`take it over from one of ${runtime} that was killed, within 100 ms`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        const mutex = segment.create("mutex", Mutex, {});
        // Three times in a row, as it takes longer where others need the processor.
        let inTime = 0;
        for (let round = 0; inTime < 3; round++) {
          assertLess(round, 9);
          const peer = Peer.start(runtime, SCRIPT, ["keep", name]);
          assertEquals(await peer.next(), "kept");
          const wait = mutex.lockAsync();
          await after(20);
          peer.kill();
          await peer.exited;
          const start = performance.now();
          assertEquals([await wait, mutex.ownerDied], [true, true]);
          inTime = performance.now() - start < 100 ? inTime + 1 : 0;
          mutex.markConsistent();
          mutex.unlock();
        }
      }));
  }

  it("lose no wake-up to those that are called off", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const semaphore = segment.create("semaphore", Semaphore, { permits: 1 });
      const peers = PAIRS.map(([, runtime]) => Peer.start(runtime, SCRIPT, ["disturb", name]));
      for (const peer of peers) assertEquals(await peer.next(), "ready");
      for (let i = 0; i < 300; i++) {
        assertEquals(await semaphore.lockAsync({ timeoutMs: 5000 }), true);
        if (i % 3 === 0) await after(1);
        semaphore.unlock();
      }
      for (const peer of peers) peer.kill();
      await Promise.all(peers.map(({ exited }) => exited));
      assertEquals(await semaphore.lockAsync({ timeoutMs: 5000 }), true);
    }));
});

describe("a process that waits", () => {
  for (const runtime of [thisRuntime, otherRuntime]) {
    it(`under ${runtime} serves a WebSocket meanwhile`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        const producer = segment.create("ring", SpscRing, { layout: Sample, capacity: 16 }).producer();
        const heard: string[] = [], server = await serve((text) => heard.push(text));
        const peer = Peer.start(runtime, SCRIPT, ["serve", name, 0, server.url]);
        while (!server.isOpen()) await after(5);
        for (const sequence of [1, 2, 3]) {
          server.send(`message ${sequence}`);
          while (heard.length < sequence * 2 - 1) await after(2);
          producer.push({ sequence });
          while (heard.length < sequence * 2) await after(2);
        }
        assertEquals(heard, [1, 2, 3].flatMap((i) => [`message ${i}!`, `record ${i}`]));
        await peer.succeeded();
        server.close();
      }));
  }

  it("may be a Worker, with a thread of its own", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 18 });
    const event = segment.create("event", Event, {});
    const worker = new Worker(new URL("./wait_worker.ts", import.meta.url), { workerData: { name: segment.name } });
    const told = new Promise((resolve) => worker.once("message", resolve));
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    await after(300);
    event.set();
    assertEquals(await told, true);
    await ended;
  });
});

interface Server {
  readonly url: string;
  isOpen(): boolean;
  send(text: string): void;
  close(): void;
}

/** A server for one WebSocket. */
async function serve(onText: (text: string) => void): Promise<Server> {
  // deno-lint-ignore no-explicit-any -- each runtime has a way of its own
  const { Bun, Deno } = globalThis as any;
  // deno-lint-ignore no-explicit-any -- as above
  let socket: any;
  if (Bun !== undefined) {
    const server = Bun.serve({
      port: 0,
      fetch: (request: Request, server: { upgrade(request: Request): void }) => void server.upgrade(request),
      websocket: {
        open: (one: unknown) => socket = one,
        message: (_one: unknown, text: string) => onText(text),
      },
    });
    const url = `ws://localhost:${server.port}`;
    return {
      url,
      isOpen: () => socket !== undefined,
      send: (text) => socket.send(text),
      close: () => server.stop(true),
    };
  }
  let isOpen = false;
  const server = Deno.serve({ port: 0, onListen() {} }, (request: Request) => {
    const upgraded = Deno.upgradeWebSocket(request);
    socket = upgraded.socket;
    socket.onopen = () => isOpen = true;
    socket.onmessage = ({ data }: { data: string }) => onText(data);
    return upgraded.response;
  });
  await after(0);
  const url = `ws://localhost:${server.addr.port}`;
  return { url, isOpen: () => isOpen, send: (text) => socket.send(text), close: () => void server.shutdown() };
}
