import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AlreadyOwnerError, NotOwnerError, OwnerDiedError, SegmentStateError } from "../../lib/errors.ts";
import { store } from "../../lib/atomic/mod.ts";
import { Region, Segment } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, EventCount, Mutex, Once, RwLock, Semaphore, SeqLock } from "../../lib/sync/mod.ts";
import { Peer } from "../../support/peer.ts";
import { PAIRS, type Runtime } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";
import { Words } from "./lock_table.ts";

const SCRIPT = new URL("./parts_peer.ts", import.meta.url);
const STOP = 5;
/** How often each of three readers has read, and seen a change. */
const READ = 64;

function make(): { segment: Segment; words: Int32Array } {
  const segment = Segment.anonymous({ byteLength: 1 << 17 });
  return { segment, words: segment.create("words", Words, { count: 8192 }) };
}

/** Starts peers and lets them go at the same time. */
async function startAll(
  segment: Segment,
  peers: readonly (readonly [Runtime, string, ...number[]])[],
): Promise<Peer[]> {
  const started = peers.map(([runtime, what, ...args]) => Peer.start(runtime, SCRIPT, [what, segment.name, ...args]));
  for (const peer of started) assertEquals(await peer.next(), "ready");
  for (const peer of started) peer.send("go");
  for (const peer of started) assertEquals(await peer.next(), "off");
  return started;
}

async function results<T>(peers: readonly Peer[]): Promise<T[]> {
  const found: T[] = [];
  for (const peer of peers) {
    found.push(await peer.next<T>());
    await peer.succeeded();
  }
  return found;
}

describe("EventCount", { timeout: 240_000 }, () => {
  it("does not wait if notified since the snapshot, and otherwise waits for its time limit, and no less", () => {
    const words = new Int32Array(new SharedArrayBuffer(64)), changed = new EventCount(words, 1);
    const seen = changed.snapshot();
    const start = changed.now();
    assertEquals(changed.wait(seen, start + 30), false);
    assertGreaterOrEqual(changed.now() - start, 30);
    changed.notifyOne();
    assertEquals(changed.wait(seen, Infinity), true);
    const again = changed.snapshot();
    changed.notifyAll();
    assertEquals(changed.wait(again, Infinity), true);
    assertEquals(words[0], 0);
  });

  it("changes nothing if no process waits", () => {
    const words = new Int32Array(new SharedArrayBuffer(64)), changed = new EventCount(words, 0);
    for (let i = 0; i < 9; i++) changed.notifyAll();
    assertEquals(words[0], 0);
  });

  for (const pair of PAIRS) {
    it(`${pair.join(" and ")} lose no wake-up in 50,000 turns`, async () => {
      using segment = make().segment;
      const peers = await startAll(segment, [[pair[0], "count events", 50_000, 0], [
        pair[1],
        "count events",
        50_000,
        1,
      ]]);
      assertEquals(await results(peers), ["done", "done"]);
    });
  }
});

describe("Condition", { timeout: 240_000 }, () => {
  it("requires its mutex to be held, and waits for its time limit, and no less", () => {
    using segment = make().segment;
    const mutex = segment.create("mutex", Mutex, {}), condition = segment.create("condition", Condition, {});
    assertThrows(() => condition.wait(mutex), NotOwnerError, "as this attachment must hold the mutex");
    mutex.lock();
    const start = performance.now();
    assertEquals(condition.wait(mutex, { timeoutMs: 60 }), false);
    assertGreaterOrEqual(performance.now() - start, 60);
    assertEquals(mutex.isOwned, true);
    assertThrows(() => condition.wait(mutex, { timeoutMs: -1 }), RangeError);
    assertEquals(condition.stats().waiters, 0);
    mutex.unlock();
  });

  for (const [producer, consumer] of PAIRS) {
    it(`a queue of a million items from ${producer} to ${consumer}`, async () => {
      using segment = make().segment;
      segment.create("mutex", Mutex, {});
      segment.create("not full", Condition, {});
      segment.create("not empty", Condition, {});
      const count = 500_000;
      const peers = await startAll(segment, [
        [producer, "produce", count, 7],
        [consumer, "consume", count, 5],
        [consumer, "produce", count, 3],
        [producer, "consume", count, 9],
      ]);
      const [, one, , other] = await results<number>(peers);
      let sum = 0;
      for (let i = 1; i <= count; i++) sum += 2 * (i & 1023);
      assertEquals(one + other, sum);
    });
  }
});

describe("Barrier", { timeout: 240_000 }, () => {
  it("five processes meet 10,000 times", async () => {
    using segment = make().segment;
    const barrier = segment.create("barrier", Barrier, { parties: 5 });
    const runtimes: Runtime[] = ["bun", "deno", "bun", "deno", "bun"];
    const peers = await startAll(segment, runtimes.map((runtime, i) => [runtime, "barrier", 5000, i] as const));
    assertEquals(await results(peers), [0, 0, 0, 0, 0]);
    assertEquals(barrier.stats().rounds, 10_000);
  });

  it("reports a dead party, and continues with another in its place", async () => {
    using segment = make().segment;
    const barrier = segment.create("barrier", Barrier, { parties: 2 });
    const [dying] = await startAll(segment, [["bun", "die at barrier"]]);
    assertEquals(barrier.wait(), true);
    assertEquals(await dying.next(), "met");
    dying.kill();
    await dying.exited;
    const start = performance.now();
    assertThrows(() => barrier.wait(), OwnerDiedError, "(die at barrier) died; wait again");
    assertGreater(20_000, performance.now() - start);
    assertThrows(() => barrier.wait({ timeoutMs: 20_000 }), OwnerDiedError);
    assertEquals(barrier.stats().arrived, 1, "the arrival stands");
    const [heir] = await startAll(segment, [["deno", "die at barrier"]]);
    for (let i = 0;; i++) {
      try {
        assertEquals(barrier.wait({ timeoutMs: 20_000 }), true);
        break;
      } catch (error) {
        assert(error instanceof OwnerDiedError && i < 2000);
        await delay(10);
      }
    }
    assertEquals(await heir.next(), "met");
    heir.kill();
    await heir.exited;
    const { rounds, acquisitions, recoveries } = barrier.stats();
    assertEquals([rounds, acquisitions, recoveries], [2, 2, 1]);
  });

  it("waits for its time limit and no less, keeps the arrival, and refuses one party too many", () => {
    using segment = make().segment;
    using second = Segment.open(segment.name);
    using third = Segment.open(segment.name);
    const one = segment.create("barrier", Barrier, { parties: 2 });
    const other = second.open("barrier", Barrier, {});
    const start = performance.now();
    assertEquals(one.wait({ timeoutMs: 50 }), false);
    assertGreaterOrEqual(performance.now() - start, 50);
    assertEquals(other.wait(), true);
    assertEquals(one.wait(), true, "it had arrived before the round ended");
    assertEquals(one.stats().rounds, 1);
    assertThrows(() => third.open("barrier", Barrier, {}).wait(), SegmentStateError, "at most 2 attachments");
    assertThrows(() => Barrier.byteLength({ parties: 0 }), RangeError, "parties must be an integer from 1 to 1024");
  });
});

describe("Once", { timeout: 240_000 }, () => {
  it("runs once, and again after a throw", () => {
    using segment = make().segment;
    const once = segment.create("once", Once, {});
    let runs = 0;
    assertThrows(
      () =>
        once.run(() => {
          runs++;
          throw new RangeError("first");
        }),
      RangeError,
      "first",
    );
    assertEquals(once.isDone, false);
    once.run(() => assertThrows(() => once.run(() => {}), AlreadyOwnerError));
    assertEquals(once.run(() => runs++), true);
    assertEquals([once.isDone, runs], [true, 1]);
  });

  for (const [dying, living] of PAIRS) {
    it(`${dying} dies at it, ${living} does it`, async () => {
      const { segment, words } = make();
      using _segment = segment;
      const once = segment.create("once", Once, {});
      const [first] = await startAll(segment, [[dying, "once", 1]]);
      assertEquals(await first.next(), "running");
      assertEquals(once.run(() => {}, { timeoutMs: 40 }), false);
      const others = await startAll(segment, [[living, "once"], [living, "once"]]);
      first.kill();
      await first.exited;
      const found: { died: boolean | null; runs: number }[] = [];
      for (const other of others) {
        let line = await other.next<"running" | { died: boolean | null; runs: number }>();
        if (line === "running") line = await other.next();
        found.push(line as { died: boolean | null; runs: number });
        await other.succeeded();
      }
      assertEquals(found.map(({ runs }) => runs), [2, 2]);
      assertEquals(found.map(({ died }) => String(died)).sort(), ["null", "true"]);
      assertEquals([once.isDone, words[2], once.stats().recoveries], [true, 2, 1]);
    });
  }
});

describe("Event", { timeout: 240_000 }, () => {
  it("stays set until it is reset", () => {
    using segment = make().segment;
    const event = segment.create("event", Event, {});
    const start = performance.now();
    assertEquals(event.wait({ timeoutMs: 40 }), false);
    assertGreaterOrEqual(performance.now() - start, 40);
    event.set();
    assertEquals([event.wait(), event.tryWait(), event.isSet], [true, true, true]);
    event.reset();
    assertEquals([event.tryWait(), event.isSet], [false, false]);
    assertEquals([event.stats().contended, event.stats().acquisitions], [1, 0]);
  });

  it("lets one through with autoReset", () => {
    using segment = make().segment;
    const event = segment.create("event", Event, { autoReset: true });
    event.set();
    event.set();
    assertEquals([event.tryWait(), event.tryWait()], [true, false]);
  });

  for (const pair of PAIRS) {
    it(`${pair.join(" and ")} are let through one at a time`, async () => {
      const { segment, words } = make();
      using _segment = segment;
      const event = segment.create("event", Event, { autoReset: true });
      const answer = segment.create("answer", Event, { autoReset: true });
      const peers = await startAll(segment, pair.map((runtime) => [runtime, "event", 1000] as const));
      for (let i = 0; i < 2000; i++) {
        event.set();
        assert(answer.wait({ timeoutMs: 20_000 }), "no setting is lost");
        assertEquals(words[2], i + 1);
      }
      assertEquals(await results(peers), ["done", "done"]);
    });
  }
});

describe("RwLock", () => {
  it("lets many read and one write", () => {
    using segment = make().segment;
    using second = Segment.open(segment.name);
    const one = segment.create("rw", RwLock, {}), other = second.open("rw", RwLock, {});
    assertEquals([one.tryLockRead(), other.tryLockRead(), one.lockRead()], [true, true, true]);
    assertEquals(one.stats().readers, 2);
    assertThrows(() => one.lock(), AlreadyOwnerError, "for writing as this attachment holds it for reading");
    one.unlockRead();
    one.unlockRead();
    assertThrows(() => one.unlockRead(), NotOwnerError, "for reading");
    one.lockRead();
    segment.open("rw", RwLock, {}).unlockRead(); // of the same attachment
    assertEquals(one.stats().readers, 1);
    const start = performance.now();
    assertEquals([one.tryLock(), one.lock({ timeoutMs: 60 })], [false, false]);
    assertGreaterOrEqual(performance.now() - start, 60);
    assertEquals(one.tryLockRead(), true, "a writer that gave up keeps nobody out");
    one.unlockRead();
    other.unlockRead();
    assertEquals(one.lock(), true);
    assertEquals([other.tryLockRead(), other.lockRead({ timeoutMs: 30 }), other.tryLock()], [false, false, false]);
    assertThrows(() => one.lockRead(), AlreadyOwnerError, "for reading as this attachment holds it for writing");
    one.unlock();
    {
      using _guard = other.acquireRead();
      assertEquals(one.tryLock(), false);
    }
    assertEquals(one.tryLock(), true);
    one.unlock();
    const { readAcquisitions, readContended, acquisitions } = one.stats();
    assertEquals([readAcquisitions, readContended], [5, 0]);
    assertGreaterOrEqual(acquisitions, 2);
  });

  it("removes dead readers, and reports a writer's death to readers and the next writer", () => {
    using segment = make().segment;
    const one = segment.create("rw", RwLock, {});
    assertEquals(one.tryLock(), true); // now it has a cell, and will not be given the dead reader's
    one.unlock();
    const reader = Segment.open(segment.name);
    reader.open("rw", RwLock, {}).lockRead();
    reader.close();
    assertEquals([one.tryLock(), one.ownerDied, one.stats().recoveries], [true, false, 1]);
    one.unlock();
    const writer = Segment.open(segment.name);
    writer.open("rw", RwLock, {}).lock();
    writer.close();
    assertEquals([one.tryLockRead(), one.ownerDied], [true, true]);
    one.unlockRead();
    assertEquals([one.lockRead(), one.ownerDied], [true, true]);
    one.unlockRead();
    assertEquals([one.tryLock(), one.ownerDied], [true, true]);
    one.unlock();
    assertEquals([one.lockRead(), one.ownerDied], [true, false]);
    one.unlockRead();
  });
});

describe("Semaphore", () => {
  it("hands out its permits, and those of the dead again", () => {
    using segment = make().segment;
    const one = segment.create("permits", Semaphore, { permits: 3 });
    const second = Segment.open(segment.name), other = second.open("permits", Semaphore, {});
    assertEquals([one.tryLock(), other.tryLock(), other.tryLock(), one.tryLock()], [true, true, true, false]);
    assertEquals([one.stats().held, one.stats().permits, one.permits], [3, 3, 3]);
    assertEquals(one.lock({ timeoutMs: 20 }), false);
    second.close();
    assertEquals(one.stats().held, 1);
    assertEquals([one.lock(), one.ownerDied, one.lock(), one.ownerDied, one.tryLock()], [
      true,
      true,
      true,
      true,
      false,
    ]);
    for (let i = 0; i < 3; i++) one.unlock();
    assertThrows(() => one.unlock(), NotOwnerError, "must hold a permit");
    assertEquals([one.stats().held, one.stats().recoveries], [0, 2]);
    assertThrows(() => Semaphore.byteLength({ permits: 0 }), RangeError, "permits must be an integer from 1 to 1024");
  });
});

describe("SeqLock", { timeout: 240_000 }, () => {
  for (const [writing, reading] of PAIRS) {
    it(`two ${writing} writers, three ${reading} readers, nothing torn`, async () => {
      const { segment, words } = make();
      using _segment = segment;
      const record = segment.create("record", SeqLock, { payloadBytes: 64 });
      record.write(({ f64 }) => {
        for (let i = 0; i < 8; i++) f64[i] = i;
      });
      const peers = await startAll(segment, [
        [writing, "write", 0, 0],
        [writing, "write", 0, 1],
        [reading, "read", 0, 0],
        [reading, "read", 0, 1],
        [reading, "read", 1, 2], // by the rules of a processor that reorders
      ]);
      await delay(300);
      const seen = (reader: number) => words.subarray(READ + 2 * reader, READ + 2 * reader + 2);
      await until(
        () => record.stats().acquisitions > 1000 && [0, 1, 2].every((i) => seen(i)[0] > 100 && seen(i)[1] > 1),
        () => `writes: ${record.stats().acquisitions}; reads and changes: ${words.subarray(READ, READ + 6)}`,
      );
      store(words, STOP, 1);
      const [, , ...torn] = await results<unknown>(peers);
      assertEquals(torn, [0, 0, 0]);
      assertEquals(record.stats().recoveries, 0);
    });
  }

  for (const runtime of ["bun", "deno"] as const) {
    it(`a ${runtime} writer dies within a write`, async () => {
      using segment = make().segment;
      const record = segment.create("record", SeqLock, { payloadBytes: 64 });
      using looking = Segment.open(segment.name, { readOnly: true });
      const reader = looking.open("record", SeqLock, {});
      assertEquals(reader.read(({ f64 }) => f64[0]), 0);
      const [writer] = await startAll(segment, [[runtime, "half write"]]);
      assertEquals(await writer.next(), "writing");
      assertEquals(reader.tryRead(({ f64 }) => f64[0]), undefined);
      writer.kill();
      await writer.exited;
      assertThrows(() => reader.read(({ f64 }) => f64[0]), OwnerDiedError, "died within a write");
      assertEquals([record.tryLock(), record.ownerDied], [true, true]);
      record.unlock();
      assertThrows(() => reader.beginRead(), OwnerDiedError, "died within a write");
      record.lock();
      assertEquals(record.ownerDied, true, "nobody has repaired it");
      record.write(({ f64 }) => void f64.fill(5));
      assertEquals([record.ownerDied, reader.read(({ f64 }) => f64[7])], [false, 5]);
      record.unlock();
    });
  }

  it("refuses misuse", () => {
    const options = { payloadBytes: 16 };
    const region = Region.over(new SharedArrayBuffer(SeqLock.byteLength(options)));
    SeqLock.init(region, options);
    const record = SeqLock.attach(region, options);
    assertThrows(() => record.beginWrite(), NotOwnerError, "call lock() first");
    record.lock();
    record.beginWrite();
    assertThrows(() => record.beginWrite(), TypeError, "a write was begun");
    assertThrows(() => record.unlock(), TypeError, "within a write");
    record.endWrite();
    assertThrows(() => record.endWrite(), TypeError, "none was begun");
    record.unlock();
    assertThrows(() => SeqLock.byteLength({ payloadBytes: 12 }), RangeError, "a multiple of 8");
    assertThrows(
      () =>
        record.read(() => {
          throw new RangeError("reader's own");
        }),
      RangeError,
      "reader's own",
    );
  });
});
