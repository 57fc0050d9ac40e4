import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { SegmentStateError } from "../../lib/errors.ts";
import { Region, Segment } from "../../lib/memory/mod.ts";
import { Barrier, RwLock, TicketLock } from "../../lib/sync/mod.ts";
import { seenLocally, WAYS } from "./ways_table.ts";

/** More than a lock has cells. */
const MANY = 200;

describe("over a SharedArrayBuffer attachments come and go without end", { timeout: 240_000 }, () => {
  // The parts that are free at first and can be released.
  for (const way of WAYS.filter(({ enter, name }) => enter && name !== "SeqLock.tryRead")) {
    it(way.name, () => {
      const attach = seenLocally(way);
      for (let i = 0; i < MANY; i++) {
        const one = attach();
        assertEquals(way.go(one, { timeoutMs: 0 }), true, `attachment ${i}`);
        way.undo(one);
      }
      for (let i = 0; i < MANY; i++) {
        const holder = attach();
        way.enter!(holder);
        assertEquals(way.go(attach(), { timeoutMs: 0 }), false, "held");
        way.leave!(holder);
      }
    });
  }

  it("Barrier.wait: others meet in each round", () => {
    const memory = new SharedArrayBuffer(Barrier.byteLength({ parties: 2 }));
    Barrier.init(Region.over(memory), { parties: 2 });
    const attach = () => Barrier.attach(Region.over(memory), {});
    for (let i = 0; i < MANY; i++) {
      const first = attach();
      assertEquals(first.wait({ timeoutMs: 0 }), false);
      assertEquals(first.wait({ timeoutMs: 0 }), false, "it has arrived, and arrives no second time");
      assertEquals([first.stats().arrived, attach().wait()], [1, true]);
      // In the next round before the first one learned of the end of this one.
      assertEquals(attach().wait({ timeoutMs: 0 }), false);
      assertEquals(first.wait({ timeoutMs: 0 }), true, "its own round has ended");
      assertEquals(attach().wait(), true);
      assertEquals(first.stats().rounds, 2 * i + 2);
    }
  });

  it("from one Worker after the other", async () => {
    const options = { maxParticipants: 2 };
    const memories = [RwLock, TicketLock].map((type) => {
      const memory = new SharedArrayBuffer(type.byteLength(options));
      type.init(Region.over(memory), options);
      return memory;
    });
    for (let i = 0; i < 4; i++) {
      const url = new URL("./attachments_peer.ts", import.meta.url);
      const worker = new Worker(url, { workerData: memories });
      const done = await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      assertEquals(done, "done");
      await worker.terminate();
    }
  });
});

describe("RwLock with two cells", () => {
  it("lets any number read, two at a time", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const segments = Array.from({ length: 5 }, () => Segment.open(segment.name));
    const [one, two, three, ...more] = [segment, ...segments].map((each) =>
      each.openOrCreate("lock", RwLock, { maxParticipants: 2 })
    );
    for (const lock of [one, two, three, ...more]) {
      assertEquals(lock.tryLockRead(), true);
      lock.unlockRead();
    }
    assertEquals([one.tryLockRead(), two.tryLockRead(), two.tryLockRead()], [true, true, true]);
    const error = assertThrows(() => three.tryLockRead(), SegmentStateError, "at most 2 attachments");
    assertEquals(error.code, "FULL");
    assertEquals([three.tryLock(), one.stats().readers], [false, 2], "a writer needs no cell");
    two.unlockRead();
    assertEquals(one.stats().readers, 2, "it was held twice");
    two.unlockRead();
    assertEquals(three.tryLockRead(), true, "it has the cell that the second one does not use");
    assertThrows(() => two.lockRead(), SegmentStateError, "at most 2 attachments");
    three.unlockRead();
    one.unlockRead();
    assertEquals([two.tryLockRead(), two.stats().readers, two.stats().readAcquisitions], [true, 1, 10]);
    two.unlockRead();
    assertEquals(one.tryLock(), true);
    one.unlock();
    for (const each of segments) each.close();
  });

  it("belongs to the attachment, whichever object has claimed the cell, lost it and claimed it again", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    using second = Segment.open(segment.name);
    const first = segment.create("lock", RwLock, { maxParticipants: 1 });
    const same = segment.open("lock", RwLock), other = second.open("lock", RwLock);
    first.lockRead();
    same.lockRead();
    assertThrows(() => same.lock(), Error, "as this attachment holds it for reading");
    first.unlockRead();
    first.unlockRead();
    assertEquals(other.tryLockRead(), true, "it has the only cell now");
    other.unlockRead();
    assertEquals(same.tryLockRead(), true);
    assertThrows(() => first.lock(), Error, "as this attachment holds it for reading");
    first.unlockRead();
    assertThrows(() => same.unlockRead(), Error, "found no hold");
    assertEquals(first.stats().readers, 0);
  });
});

describe("Barrier of one attachment", () => {
  it("is one party, whichever object waits", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    using second = Segment.open(segment.name);
    const first = segment.create("barrier", Barrier, { parties: 2 }), same = segment.open("barrier", Barrier);
    const other = second.open("barrier", Barrier);
    assertEquals([first.wait({ timeoutMs: 0 }), same.wait({ timeoutMs: 0 }), first.stats().arrived], [false, false, 1]);
    assertEquals(other.wait(), true);
    assertEquals([same.wait({ timeoutMs: 0 }), first.stats().rounds], [true, 1], "the other object's round has ended");
    assertEquals(first.wait({ timeoutMs: 0 }), false, "and was told of once");
    assertEquals([other.wait(), same.wait(), first.stats().rounds], [true, true, 2]);
  });
});
