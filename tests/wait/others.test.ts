import { assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { Event, Mutex, type Region, Segment, Semaphore, SpscRing } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { BESIDE } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { soonest, Stopwatch } from "../../support/stopwatch.ts";
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
      const peers = BESIDE.map((runtime) => Peer.start(runtime, SCRIPT, ["count", name, 300]));
      for (const peer of peers) assertEquals(await peer.next(), "ready");
      for (const peer of peers) assertEquals(await peer.next(), "done");
      assertEquals([words[0], mutex.stats().waiters], [peers.length * 900, 0]);
    }));

  for (const runtime of BESIDE) {
    it(`take it over from one of ${runtime} that was killed, within 100 ms where a processor is free`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 18 });
        const mutex = segment.create("mutex", Mutex, {});
        const takeOver = async () => {
          const peer = Peer.start(runtime, SCRIPT, ["keep", name]);
          assertEquals(await peer.next(), "kept");
          const wait = mutex.lockAsync();
          await after(20);
          peer.kill();
          await peer.exited;
          const stopwatch = new Stopwatch();
          assertEquals([await wait, mutex.ownerDied], [true, true]);
          const ms = stopwatch.stop();
          mutex.markConsistent();
          mutex.unlock();
          return ms;
        };
        for (let round = 0; round < 3; round++) assertLess(await soonest(100, takeOver), 100);
      }));
  }

  it("lose no wake-up to those that are cancelled", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 18 });
      const semaphore = segment.create("semaphore", Semaphore, { permits: 1 });
      const peers = BESIDE.map((runtime) => Peer.start(runtime, SCRIPT, ["disturb", name]));
      for (const peer of peers) assertEquals(await peer.next(), "ready");
      for (let i = 0; i < 300; i++) {
        assertEquals(await semaphore.lockAsync({ timeoutMs: 20_000 }), true);
        if (i % 3 === 0) await after(1);
        semaphore.unlock();
      }
      for (const peer of peers) peer.kill();
      await Promise.all(peers.map(({ exited }) => exited));
      assertEquals(await semaphore.lockAsync({ timeoutMs: 20_000 }), true);
    }));
});

describe("a process that waits", () => {
  for (const runtime of BESIDE) {
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

/** What RFC 6455 joins to a client's key. */
const WEB_SOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Kinds of frames. */
const TEXT = 1, CLOSE = 8;

/** A server for one WebSocket and short texts. Not each runtime has one of its own. */
async function serve(onText: (text: string) => void): Promise<Server> {
  let socket: Socket | undefined, isOpen = false, received = Buffer.alloc(0);
  const server = createServer((one) => {
    socket = one.on("error", () => {}); // the other end is killed if a test fails
    one.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const end = received.indexOf("\r\n\r\n") + 4;
      if (!isOpen && end >= 4) {
        const key = /^sec-websocket-key: *(\S+)/im.exec(received.toString("latin1", 0, end))![1];
        const accept = createHash("sha1").update(key + WEB_SOCKET).digest("base64");
        const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
        one.write([...head, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
        received = received.subarray(end);
        isOpen = true;
      }
      // A frame: what it is, its length, 4 bytes that are mixed into what follows.
      for (let next = 0; isOpen && received.length >= 2; received = received.subarray(next)) {
        next = 6 + (received[1] & 0x7f);
        if (received.length < next) break;
        const text = received.subarray(6, next).map((byte, i) => byte ^ received[2 + i % 4]), kind = received[0] & 0xf;
        if (kind === TEXT) onText(text.toString());
        if (kind === CLOSE) one.end(Buffer.of(0x80 | CLOSE, 0));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isOpen: () => isOpen,
    send: (text) => void socket!.write(Buffer.concat([Buffer.of(0x80 | TEXT, text.length), Buffer.from(text)])),
    close: () => {
      socket?.destroy();
      server.close();
    },
  };
}
