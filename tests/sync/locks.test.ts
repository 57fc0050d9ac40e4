import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { AlreadyOwnerError, ClosedError, NotOwnerError, OwnerDiedError, ReadOnlyError } from "../../lib/errors.ts";
import { Region, Segment } from "../../lib/memory/mod.ts";
import { Mutex } from "../../lib/sync/mod.ts";
import { type AnyLock, KINDS, locksOf, makeTable, NAMES } from "./lock_table.ts";

/** Two attachments of this process, which are two owners. */
function withTwo(name: string, use: (one: AnyLock, other: AnyLock, segments: [Segment, Segment]) => void): void {
  using segment = makeTable("one");
  using second = Segment.open(segment.name, { role: "other" });
  use(locksOf(segment, [name])[0].lock, locksOf(second, [name])[0].lock, [segment, second]);
}

for (const name of NAMES) {
  const [type, options] = KINDS[name];
  describe(type.kind, () => {
    it("keeps others out", () =>
      withTwo(name, (one, other) => {
        assertEquals(one.tryLock(), true);
        assertEquals(other.tryLock(), false);
        one.unlock();
        assertEquals(other.lock(), true);
        assertEquals(one.tryLock(), false);
        other.unlock();
        assertEquals(one.lock({ timeoutMs: 0 }), true);
        one.unlock();
      }));

    it("waits for its time limit, and no less", () =>
      withTwo(name, (one, other) => {
        one.lock();
        for (const timeoutMs of [0, 1, 40, 80]) {
          const start = performance.now();
          assertEquals(other.lock({ timeoutMs }), false);
          assertGreaterOrEqual(performance.now() - start, timeoutMs);
        }
        assertEquals(other.acquire({ timeoutMs: 1 }), undefined);
        one.unlock();
        assertEquals(other.lock({ timeoutMs: 0 }), true, "who gave up left nothing behind");
        other.unlock();
      }));

    it("hands out one guard", () =>
      withTwo(name, (one, other) => {
        const guards: unknown[] = [];
        for (let i = 0; i < 2; i++) {
          using guard = one.acquire();
          assertEquals(guard.ownerDied, false);
          assertEquals(other.tryLock(), false);
          guards.push(guard);
        }
        assert(guards[0] === guards[1]);
        assertEquals(other.tryLock(), true);
        other.unlock();
      }));

    it("belongs to the attachment, whichever object takes and releases it", () =>
      withTwo(name, (one, other, [segment]) => {
        const same = locksOf(segment, [name])[0].lock;
        one.lock();
        assertEquals(other.lock({ timeoutMs: 5 }), false); // leaves a ticket behind
        same.unlock();
        assertEquals(other.lock({ timeoutMs: 5000 }), true);
        assertThrows(() => same.unlock(), NotOwnerError);
        other.unlock();
        assertEquals(one.stats().recoveries, 0);
      }));

    it("unlocks when the block throws", () =>
      withTwo(name, (one, other) => {
        assertThrows(
          () => {
            using _guard = one.acquire();
            throw new RangeError("in the block");
          },
          RangeError,
          "in the block",
        );
        assertEquals(other.tryLock(), true);
        other.unlock();
      }));

    it("refuses misuse, and is left as it was", () =>
      withTwo(name, (one, other) => {
        assertThrows(() => one.unlock(), NotOwnerError, "found no");
        one.lock();
        assertThrows(() => other.unlock(), NotOwnerError, "as this attachment must hold");
        assertEquals(other.tryLock(), false);
        assertThrows(() => one.lock(), AlreadyOwnerError, "unlock it first");
        assertThrows(() => one.lock({ timeoutMs: 5 }), AlreadyOwnerError);
        assertThrows(() => other.lock({ timeoutMs: -1 }), RangeError, "timeoutMs must be 0 or more: received -1");
        assertThrows(() => other.lock({ timeoutMs: NaN }), RangeError, "received NaN");
        assertEquals(other.tryLock(), false);
        one.unlock();
        assertThrows(() => one.unlock(), NotOwnerError);
        assertEquals(other.tryLock(), true);
        other.unlock();
      }));

    it("refuses a read-only attachment, which may only read its state", () => {
      using segment = makeTable();
      using looking = Segment.open(segment.name, { readOnly: true });
      const lock = looking.open(name, type, options) as AnyLock;
      for (const use of [() => lock.tryLock(), () => lock.lock(), () => lock.unlock(), () => lock.acquire()]) {
        assertThrows(use, ReadOnlyError, "attach without readOnly");
      }
      assertEquals(lock.ownerDied, false);
      locksOf(segment, [name])[0].lock.lock();
      assertEquals(lock.stats().acquisitions, 1);
    });

    it("throws after its segment was closed, and closing releases it", () =>
      withTwo(name, (one, other, [segment]) => {
        one.lock();
        segment.close();
        for (const use of [() => one.tryLock(), () => one.lock(), () => one.unlock(), () => one.stats()]) {
          assertThrows(use, ClosedError, "its segment was closed");
        }
        assertEquals(one.ownerDied, false);
        assertEquals(other.lock(), true);
        assertEquals(other.ownerDied, true);
        assertEquals(other.stats().recoveries, 1);
        other.markConsistent?.();
        other.unlock();
        assertEquals(other.tryLock(), true);
        assertEquals(other.ownerDied, false);
        other.unlock();
      }));

    it("tryLock takes over from a dead owner", () =>
      withTwo(name, (one, other, [segment]) => {
        one.lock();
        assertEquals(other.tryLock(), false);
        segment.close();
        assertEquals(other.tryLock(), true);
        assertEquals(other.stats().recoveries, 1);
        other.markConsistent?.();
        other.unlock();
      }));

    it("is not fooled by a new holder of the dead owner's slot", () => {
      using segment = makeTable("first");
      const dying = Segment.open(segment.name, { role: "dying" });
      const died = locksOf(dying, [name])[0].lock;
      died.lock();
      const { id } = died.stats().owner ?? { id: -1 };
      dying.close();
      using heir = Segment.open(segment.name, { role: "heir" });
      const slots = heir.participants().map((participant) => participant.slot);
      assertEquals(slots, [0, 1], "the slot was taken again");
      const lock = locksOf(segment, [name])[0].lock;
      assertEquals(lock.lock({ timeoutMs: 5000 }), true);
      assertEquals(lock.stats().recoveries, 1);
      assert(id !== lock.stats().owner?.id);
      lock.markConsistent?.();
      lock.unlock();
    });

    it("reports its owner, and counts", () =>
      withTwo(name, (one, other) => {
        assertEquals(one.stats().owner, undefined);
        one.lock();
        const { owner } = other.stats();
        assertMatch(owner!.description, /^process \d+ \(one\)$/);
        assertEquals(owner!.isAlive, true);
        one.unlock();
        for (let i = 0; i < 9; i++) {
          other.lock();
          other.unlock();
        }
        const { acquisitions, contended, recoveries, waiters } = one.stats();
        assertEquals([acquisitions, contended, recoveries, waiters], [10, 0, 0, 0]);
      }));

    it("works over a SharedArrayBuffer", () => {
      const memory = new SharedArrayBuffer(type.byteLength(options));
      type.init(Region.over(memory), options);
      const one = type.attach(Region.over(memory), options) as AnyLock;
      const other = type.attach(Region.over(memory), options) as AnyLock;
      one.lock();
      const start = performance.now();
      assertEquals(other.lock({ timeoutMs: 60 }), false);
      assertGreaterOrEqual(performance.now() - start, 60);
      one.unlock();
      assertEquals(other.tryLock(), true);
      other.unlock();
      assertGreater(one.stats().acquisitions, 0);
    });

    it("refuses a region that is too short", () => {
      assertThrows(() => type.attach(Region.over(new SharedArrayBuffer(64)), options), Error, "");
    });
  });
}

describe("Mutex whose owner died", () => {
  function withDead(use: (mutex: Mutex, third: Mutex, segment: Segment) => void): void {
    using segment = makeTable();
    using third = Segment.open(segment.name);
    const dying = Segment.open(segment.name);
    dying.open("mutex", Mutex, {}).lock();
    dying.close();
    use(segment.open("mutex", Mutex, {}), third.open("mutex", Mutex, {}), segment);
  }

  it("is whole again after markConsistent", () =>
    withDead((mutex, third) => {
      using guard = mutex.acquire();
      assertEquals([guard.ownerDied, mutex.ownerDied, third.ownerDied], [true, true, false]);
      guard.markConsistent();
      assertEquals(guard.ownerDied, false);
      assertThrows(() => guard.markConsistent(), TypeError, "its last owner did not die");
      assertEquals(third.tryLock(), false);
    }));

  it("is broken if no owner repaired it", () =>
    withDead((mutex, third) => {
      mutex.lock();
      assertThrows(() => third.markConsistent(), NotOwnerError);
      mutex.unlock();
      for (const use of [() => mutex.lock(), () => mutex.tryLock(), () => third.lock({ timeoutMs: 5 })]) {
        assertThrows(use, OwnerDiedError, "without markConsistent(); make it anew");
      }
      assertThrows(() => mutex.unlock(), NotOwnerError);
      assertEquals(mutex.stats().owner, undefined);
    }));

  it("reports the death to the next owner too if the one that repairs dies", () =>
    withDead((mutex, third, segment) => {
      mutex.lock();
      segment.close();
      assertEquals(third.lock(), true);
      assertEquals(third.ownerDied, true);
      third.markConsistent();
      third.unlock();
      assertEquals(third.tryLock(), true);
      assertEquals(third.ownerDied, false);
    }));
});
