import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { AlreadyOwnerError } from "../../lib/errors.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Barrier, Mutex, SeqLock } from "../../lib/sync/mod.ts";
import { BLOCKED_WORD, LOCK_WORD, ownerOf } from "../../lib/sync/shared/lock_format.ts";
import { type Seen, seen, seenLocally, type Way, WAYS } from "./ways_table.ts";

const REFUSAL = "as another attachment of this very thread holds it up, and the wait would never end";

/** The number of announced waiters, and the owner. */
const states = (
  { words }: Seen<unknown>,
) => [ownerOf(words[LOCK_WORD]), ...words.slice(BLOCKED_WORD, 2 * BLOCKED_WORD)];

function check(way: Way, mine: Seen<unknown>, other: Seen<unknown>): void {
  way.hold(other, () => {
    const held = states(mine);
    for (let i = 0; i < 2; i++) assertThrows(() => way.go(mine), AlreadyOwnerError, REFUSAL);
    assertEquals(states(mine), held);
    assertEquals(way.go(mine, { timeoutMs: 1 }), false, "with a limit it ends");
  });
  assertEquals(way.go(mine), true, "nothing stays behind");
  way.undo(mine);
}

describe("a wait for another attachment of this very thread, which would never end, is refused", () => {
  // An event and a condition have no holder, and a barrier is waited for below.
  const held = WAYS.filter(({ waits, type }) => waits && !["Event", "Condition", "Barrier"].includes(type.kind));
  for (const way of held) {
    it(way.name, () => {
      using segment = Segment.anonymous({ byteLength: 65536 });
      using second = Segment.open(segment.name);
      check(way, seen(segment, way), seen(second, way));
    });

    it(`${way.name}, over a SharedArrayBuffer`, () => {
      const attach = seenLocally(way);
      check(way, attach(), attach());
    });
  }

  it("SeqLock.read, within a write of the other attachment", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    using second = Segment.open(segment.name);
    using looking = Segment.open(segment.name, { readOnly: true });
    const record = segment.create("record", SeqLock, { payloadBytes: 8 });
    const readers = [second, looking].map((each) => each.open("record", SeqLock));
    record.write(({ f64 }) => {
      for (const reader of readers) assertThrows(() => reader.read(() => 0), AlreadyOwnerError, REFUSAL);
      f64[0] = 5;
    });
    assertEquals(readers.map((reader) => reader.read(({ f64 }) => f64[0])), [5, 5]);
  });

  it("Barrier.wait, for a party that has not arrived; the arrival stands", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    using second = Segment.open(segment.name);
    const one = segment.create("barrier", Barrier, { parties: 2 }), other = second.open("barrier", Barrier);
    assertEquals([one.wait({ timeoutMs: 0 }), other.wait()], [false, true]);
    assertEquals(one.wait({ timeoutMs: 0 }), true, "told of the first round");
    assertThrows(() => one.wait(), AlreadyOwnerError, REFUSAL);
    assertEquals([one.stats().arrived, other.wait(), one.wait({ timeoutMs: 0 })], [1, true, true]);
  });
});

describe("a wait for another thread of this process", { timeout: 240_000 }, () => {
  it("is no such wait", async () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const mutex = segment.create("mutex", Mutex, {});
    mutex.lock();
    const worker = new Worker(new URL("./same_thread_peer.ts", import.meta.url), { workerData: segment.name });
    const locked = new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    while (mutex.stats().waiters === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    mutex.unlock();
    assertEquals(await locked, "locked and unlocked");
    await worker.terminate();
  });
});
