// deno-lint-ignore-file require-await -- async functions are here to be refused
/*
 * Callbacks that use the very part that calls them, and objects of one attachment that do so behind each other's back:
 * right, or refused by name. Nothing here may wait for itself.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { AlreadyOwnerError, ClosedError, OwnerDiedError } from "../../lib/errors.ts";
import { Region, Segment } from "../../lib/memory/mod.ts";
import { Once, SeqLock } from "../../lib/sync/mod.ts";
import { type Seen, seenLocally, WAYS } from "./ways_table.ts";

const PAYLOAD = { payloadBytes: 16 };

/** By the rules of this processor, and of one that reorders loads and stores. */
const RULES = {
  ordered: (region: Region) => SeqLock.attach(region, {}),
  unordered: (region: Region) => SeqLock.attachUnordered(region),
};

/** Two objects of one attachment, and one of another. */
function objects(attach: (region: Region) => SeqLock): readonly [one: SeqLock, two: SeqLock, other: SeqLock] {
  const memory = new SharedArrayBuffer(SeqLock.byteLength(PAYLOAD)), region = Region.over(memory);
  SeqLock.init(region, PAYLOAD);
  return [attach(region), attach(region), attach(Region.over(memory))];
}

const pair = (record: SeqLock) => record.read(({ f64 }) => [f64[0], f64[1]]);

for (const [rules, attach] of Object.entries(RULES)) {
  describe(`SeqLock, ${rules}`, () => {
    it("refuses to be read within a write of the same attachment", () => {
      const [one, two] = objects(attach);
      for (const record of [one, two]) {
        one.write(({ f64 }) => {
          f64[0] = 1;
          const message = "as this attachment is within a write of it; call endWrite() first";
          assertThrows(() => record.read(() => 0), AlreadyOwnerError, message);
          assertThrows(() => record.beginRead(), AlreadyOwnerError, message);
          assertEquals(record.tryRead(() => 0), undefined);
          f64[1] = 1;
        });
      }
      assertEquals([pair(one), pair(two)], [[1, 1], [1, 1]]);
    });

    it("refuses a second write and the end of the lock within a write, whichever object asks", () => {
      const [one, two, other] = objects(attach);
      one.lock();
      const { f64 } = one.beginWrite();
      f64[0] = 1;
      for (const record of [one, two]) {
        assertThrows(() => record.unlock(), TypeError, "within a write; call endWrite() first");
        assertThrows(() => record.beginWrite(), TypeError, "as a write was begun; call endWrite() first");
        assertThrows(() => record.write(() => {}), TypeError, "as a write was begun");
      }
      assertThrows(() => two.endWrite(), TypeError, "another object of this attachment began it; end it there");
      assertEquals([other.tryLock(), other.tryRead(() => 0)], [false, undefined]);
      f64[1] = 1;
      one.endWrite();
      assertThrows(() => two.endWrite(), TypeError, "none was begun");
      two.unlock();
      assertEquals([pair(other), other.tryLock()], [[1, 1], true]);
      other.unlock();
    });

    it("refuses a function that writes the record it reads, instead of reading for ever", () => {
      const [one, two, other] = objects(attach);
      for (const writer of [one, two]) {
        let runs = 0;
        const writing = () => {
          runs++;
          writer.write(({ f64 }) => void (f64[0]++));
        };
        assertThrows(() => one.read(writing), TypeError, "as the function that reads it wrote it");
        assertEquals(runs, 1);
      }
      assertEquals([pair(other), one.tryLock()], [[2, 0], true]);
      one.unlock();
    });

    it("reads again when another attachment wrote within the function", () => {
      const [one, , other] = objects(attach);
      one.write(({ f64 }) => void f64.fill(1)); // it was the last writer itself
      let runs = 0;
      const sum = one.read(({ f64 }) => {
        if (runs++ === 0) other.write(({ f64 }) => void f64.fill(2));
        return f64[0] + f64[1];
      });
      assertEquals([sum, runs], [4, 2]);
    });

    it("can be read within a read", () => {
      const [one, two] = objects(attach);
      one.write(({ f64 }) => void f64.fill(3));
      assertEquals(one.read(({ f64 }) => f64[0] + one.read(({ f64 }) => f64[1]) + two.read(({ f64 }) => f64[1])), 9);
    });

    it("keeps the values written by a function that throws, and can be used again", () => {
      const [one, two, other] = objects(attach);
      const failing = ({ f64 }: { f64: Float64Array }) => {
        f64.fill(5);
        throw new RangeError("in the write");
      };
      assertThrows(() => one.write(failing), RangeError, "in the write");
      two.write(() => {});
      assertEquals(pair(other), [5, 5]);
    });
  });
}

describe("SeqLock", () => {
  it("reports a half-written record to its new writer, too, which would wait for itself", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const dying = Segment.open(segment.name);
    const half = dying.create("record", SeqLock, PAYLOAD);
    half.lock();
    half.beginWrite();
    dying.close();
    const record = segment.open("record", SeqLock);
    record.lock();
    assertEquals(record.ownerDied, true);
    assertThrows(() => record.read(() => 0), OwnerDiedError, "it can be read again once another has written");
    record.unlock();
    record.lock();
    assertEquals(record.ownerDied, true, "nobody has repaired it");
    record.write(({ f64 }) => void f64.fill(1));
    assertEquals([record.ownerDied, pair(record)], [false, [1, 1]]);
    record.unlock();
  });

  it("whose segment is closed within a write is half written", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const closing = Segment.open(segment.name), record = closing.create("record", SeqLock, PAYLOAD);
    assertThrows(() => record.write(() => closing.close()), ClosedError);
    assertThrows(() => segment.open("record", SeqLock).read(() => 0), OwnerDiedError);
  });
});

describe("Once.run", () => {
  it("refuses to be run within itself, whichever object asks, and is left as it was", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const one = segment.create("once", Once, {}), two = segment.open("once", Once);
    for (const once of [one, two]) {
      const inner = () => void once.run(() => {});
      assertThrows(() => one.run(inner), AlreadyOwnerError, "as this attachment is running it already");
      assertEquals([one.isDone, one.stats().owner], [false, undefined]);
    }
    let runs = 0;
    assertEquals([one.run(() => runs++), two.run(() => runs++), runs], [true, true, 1]);
  });

  it("whose segment is closed by the function is run by another", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const closing = Segment.open(segment.name), once = closing.create("once", Once, {});
    once.run(() => closing.close());
    let died: boolean | undefined;
    segment.open("once", Once).run((ownerDied) => void (died = ownerDied));
    assertEquals(died, true);
  });
});

describe("options whose getter uses the part itself", () => {
  for (const way of WAYS.filter(({ enter, waits }) => enter && waits)) {
    it(way.name, () => {
      const mine = seenLocally(way)();
      let isInside = false;
      const options = {
        get timeoutMs() {
          way.go(mine, { timeoutMs: 0 });
          isInside = true;
          return 0;
        },
      };
      // Read before anything is taken: what the getter took is taken, and the call finds that.
      const go = () => way.go(mine as Seen<unknown>, options);
      if (way.name.endsWith("Read")) assertEquals(go(), true);
      else assertThrows(go, AlreadyOwnerError);
      assertEquals(isInside, true);
      way.undo(mine);
      if (way.name.endsWith("Read")) way.undo(mine);
      assertEquals(way.go(mine, { timeoutMs: 0 }), true);
    });
  }
});

describe("functions that continue after they returned", () => {
  // Rejected by the compiler, too: tests/sync/types.ts.
  // deno-lint-ignore no-explicit-any
  type Any = any;
  const afterwards = "as its function must have done its work when it returns";

  it("Once.run refuses async functions and generators before it begins, and is not done by a promise", async () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    const once = segment.create("once", Once, {});
    let begun = 0;
    const async = async () => void begun++, generator = function* () {}, asyncGenerator = async function* () {};
    for (const fn of [async, generator, asyncGenerator] as Any[]) {
      const tag = fn === generator ? "a GeneratorFunction" : `an ${fn[Symbol.toStringTag]}`;
      assertThrows(() => once.run(fn), TypeError, `${afterwards}: received ${tag}`);
    }
    assertEquals([begun, once.isDone, once.stats().acquisitions], [0, false, 0]);
    const work: Promise<void>[] = [];
    const promising: Any = () => (work.push(Promise.resolve()), work[0]);
    assertThrows(() => once.run(promising), TypeError, `${afterwards}: received a promise`);
    await work[0];
    assertEquals([once.isDone, once.stats().owner, once.run(() => begun++), begun], [false, undefined, true, 1]);
  });

  it("SeqLock.write refuses them before it begins, and reading a promise", () => {
    const [record, , other] = objects(RULES.ordered);
    const fill: Any = async ({ f64 }: { f64: Float64Array }) => void f64.fill(1);
    assertThrows(() => record.write(fill), TypeError, `${afterwards}: received an AsyncFunction`);
    assertEquals([pair(other), record.stats().acquisitions], [[0, 0], 0]);
    const promising: Any = ({ f64 }: { f64: Float64Array }) => Promise.resolve(void f64.fill(1));
    assertThrows(() => record.write(promising), TypeError, `${afterwards}: received a promise`);
    assertEquals(pair(other), [1, 1], "what it had written by then stands");
    for (const fn of [async () => {}, () => ({ then() {} })] as Any[]) {
      assertThrows(() => record.read(fn), TypeError, `${afterwards}: received a promise`);
      assertThrows(() => record.tryRead(fn), TypeError, `${afterwards}: received a promise`);
    }
    assertEquals([record.tryLock(), record.read(() => null)], [true, null]);
    record.unlock();
  });
});
