import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  Broadcast,
  type ByteConsumer,
  type ByteProducer,
  ByteRing,
  ClosedError,
  Event,
  type MpmcConsumer,
  type MpmcProducer,
  MpmcQueue,
  Segment,
  SpscRing,
  type Waitable,
  WaitSet,
} from "@shmkit/shmkit";
import { thisRuntime } from "../../support/runtimes.ts";
import { Peer } from "../../support/peer.ts";
import { soonest, Stopwatch } from "../../support/stopwatch.ts";
import { after, Sample } from "./wait_sample.ts";

function setUp() {
  const segment = Segment.anonymous({ byteLength: 2 ** 20 }), options = { layout: Sample, capacity: 4 };
  const ring = segment.create("ring", SpscRing, options), queue = segment.create("queue", MpmcQueue, options);
  const news = segment.create("news", Broadcast, options),
    bytes = segment.create("bytes", ByteRing, { capacity: 1024 });
  const event = segment.create("event", Event, {});
  const members = {
    ring: ring.consumer(),
    queue: queue.consumer(),
    news: news.reader(),
    bytes: bytes.consumer(),
    event,
  };
  const writers = { ring: ring.producer(), queue: queue.producer(), news: news.writer(), bytes: bytes.producer() };
  const wake: Record<keyof typeof members, () => unknown> = {
    ring: () => writers.ring.push({ sequence: 1 }),
    queue: () => writers.queue.push({ sequence: 1 }),
    news: () => writers.news.push({ sequence: 1 }),
    bytes: () => writers.bytes.push("x"),
    event: () => event.set(),
  };
  return { segment, members, writers, wake };
}

describe("a WaitSet", () => {
  it("reports which of its members are ready, in the thread and in the event loop", async () => {
    const { segment, members, wake } = setUp(), set = new WaitSet<Waitable>(Object.values(members));
    assertEquals([set.size, set.wait({ timeoutMs: 3 }), await set.waitAsync({ timeoutMs: 3 })], [5, [], []]);
    for (const [name, call] of Object.entries(wake)) {
      const member = members[name as keyof typeof members];
      const wait = set.waitAsync();
      await after(8);
      call();
      assertEquals(await wait, [member]);
      assertEquals(set.wait(), [member]);
      set.delete(member);
    }
    assertEquals(set.size, 0);
    segment.close();
  });

  it("is fair among busy members, and waits for one that is added meanwhile", async () => {
    const { segment, members, wake } = setUp(),
      set = new WaitSet<Waitable>([members.ring, members.news, members.event]);
    for (const name of ["ring", "news", "event"] as const) wake[name]();
    const firsts = Array.from({ length: 6 }, () => set.ready()[0]);
    assertEquals(firsts, [members.ring, members.news, members.event, members.ring, members.news, members.event]);
    const wakes = async () => {
      const other = new WaitSet<Waitable>([members.queue]), wait = other.waitAsync();
      await after(5);
      other.add(members.bytes);
      await after(5);
      wake.bytes();
      const stopwatch = new Stopwatch();
      assertEquals(await wait, [members.bytes]);
      const ms = stopwatch.stop();
      assertEquals(members.bytes.drain(() => {}), 1);
      return ms;
    };
    assertLess(await soonest(100, wakes), 100); // by a wake-up, not by a look at an interval
    segment.close();
  });

  it("waits for space, and ends when the time is over, when it is cancelled, and when a member is closed", async () => {
    const { segment, members, writers } = setUp();
    while (writers.ring.push({ sequence: 1 }));
    const set = new WaitSet<Waitable>([writers.ring]), start = performance.now();
    assertEquals(set.wait({ timeoutMs: 20 }), []);
    assert(performance.now() - start >= 20);
    const wait = set.waitAsync();
    await after(5);
    members.ring.drain(() => {});
    assertEquals(await wait, [writers.ring]);
    const other = new WaitSet<Waitable>([members.ring]);
    await assertRejects(() => other.waitAsync({ signal: AbortSignal.timeout(5) }));
    assertThrows(() => other.wait({ timeoutMs: -1 }), RangeError, "timeoutMs must be 0 or more");
    assertThrows(() => other.add({} as Waitable), TypeError, "must be a consumer, a producer or an event");
    const closed = other.waitAsync();
    setTimeout(() => segment.close(), 5);
    await assertRejects(() => closed, ClosedError);
    assertThrows(() => other.wait(), ClosedError);
  });

  it("does not report unpublished claims as ready, nor a death as their end", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    const queue = segment.create("queue", MpmcQueue, { layout: Sample, capacity: 4 });
    const bytes = segment.create("bytes", ByteRing, { capacity: 1024, producers: "many" });
    const members = [queue.consumer(), bytes.consumer()], ready = (set: WaitSet<Waitable>) => set.ready().length;
    const set = new WaitSet<Waitable>(members);
    const dying = Segment.open(segment.name);
    const claimed = [
      dying.open("queue", MpmcQueue, { layout: Sample }).producer(),
      dying.open("bytes", ByteRing).producer(),
    ];
    (claimed[0] as MpmcProducer).claim();
    (claimed[1] as ByteProducer).claim(4, 1);
    queue.producer().push({ sequence: 7 });
    bytes.producer().push("x", 7);
    assertEquals([ready(set), set.wait({ timeoutMs: 3 }), await set.waitAsync({ timeoutMs: 3 })], [0, [], []]);
    dying.close(); // as good as dead
    for (const member of members) {
      const one = new WaitSet<Waitable>([member]);
      assertEquals([await one.waitAsync({ timeoutMs: 20_000 }), one.wait({ timeoutMs: 20_000 })], [[member], [member]]);
    }
    const into = Sample.alloc();
    assertEquals([(members[0] as MpmcConsumer<typeof Sample>).shift(into), into.sequence], [true, 7]);
    assertEquals((members[1] as ByteConsumer).shift()?.type, 7);
    assertEquals(ready(set), 0);
  });

  it("takes a slot that is still being read for no space", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    const queue = segment.create("queue", MpmcQueue, { layout: Sample, capacity: 4 });
    const producer = queue.producer(), consumer = queue.consumer(), set = new WaitSet<Waitable>([producer]);
    while (producer.push({ sequence: 1 }));
    consumer.next();
    assertEquals([producer.free, set.ready()], [1, []]);
    consumer.release();
    assertEquals(set.wait({ timeoutMs: 1000 }), [producer]);
  });

  it("wakes a thread that blocks, by any of its members, from another process", async () => {
    const { segment, members } = setUp(), set = new WaitSet<Waitable>([members.ring, members.bytes, members.event]);
    const peer = Peer.start(thisRuntime, new URL("./wait_peer.ts", import.meta.url), ["set", segment.name]);
    await peer.next();
    peer.send("go");
    await after(0);
    assertEquals(set.wait({ timeoutMs: 20_000 }), [members.event]);
    await peer.succeeded();
    segment.close();
  });
});

describe("streams of a ByteRing", () => {
  it("carry messages, wait at both ends, and leave the ends as they are", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 18 });
    const ring = segment.create("bytes", ByteRing, { capacity: 1024 });
    using producer = ring.producer();
    using consumer = ring.consumer();
    const messages = Array.from({ length: 50 }, (_, i) => new Uint8Array(100).fill(i));
    const sent = new ReadableStream({
      start(stream) {
        for (const message of messages) stream.enqueue(message);
        stream.close();
      },
    }).pipeTo(producer.writable(3));
    const received: Uint8Array[] = [];
    for await (const bytes of consumer.readable()) {
      received.push(bytes);
      if (received.length === 50) break; // cancels the stream
    }
    await sent;
    assertEquals(received, messages);
    producer.push("still there", 1);
    assertEquals(consumer.shift()?.type, 1);
  });
});
