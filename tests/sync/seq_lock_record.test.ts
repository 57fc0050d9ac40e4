import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  array,
  bool,
  ClosedError,
  enumeration,
  f64,
  LayoutMismatchError,
  ReadOnlyError,
  Region,
  Segment,
  SegmentFormatError,
  SeqLock,
  struct,
  u32,
  u53,
} from "@shmkit/shmkit";
import { SEQUENCE_WORD } from "../../lib/sync/seq_lock_format.ts";

const Limits = struct("Limits", {
  isStopped: bool,
  mode: enumeration("open", "closeOnly"),
  stoppedAt: u53,
  most: array(f64, 3),
  orders: u32, // 4 bytes beyond a multiple of 8
});
const options = { layout: Limits } as const;

const WAYS = {
  "on the memory itself": (region: Region) => SeqLock.attach(region, options),
  "on private copies": (region: Region) => SeqLock.attachUnordered(region, options),
};

describe("a SeqLock with a layout", () => {
  for (const [way, attach] of Object.entries(WAYS)) {
    it(`is read and written by names, ${way}`, () => {
      const region = Region.over(new SharedArrayBuffer(SeqLock.byteLength(options)));
      SeqLock.init(region, options);
      const limits = attach(region), other = attach(region);
      limits.write((record) => {
        record.isStopped = true;
        record.most.set(2, 7.5);
        record.orders = 3;
      });
      limits.write({ mode: "closeOnly", stoppedAt: 2 ** 40 });
      const expected = {
        isStopped: true,
        mode: "closeOnly" as const,
        stoppedAt: 2 ** 40,
        most: [0, 0, 7.5],
        orders: 3,
      };
      assertEquals(other.read((record) => Limits.toObject(record)), expected);
      assertEquals(other.tryRead(({ orders }) => orders), 3);

      other.lock();
      other.beginWrite().orders++;
      assertThrows(() => limits.unlock());
      assertEquals(limits.tryRead(({ orders }) => orders), undefined);
      other.endWrite();
      other.unlock();
      const sequence = limits.beginRead();
      assertEquals([limits.payload.orders, limits.validate(sequence)], [4, true]);
    });

    it(`gives readers a record that they cannot change, ${way}`, () => {
      const region = Region.over(new SharedArrayBuffer(SeqLock.byteLength(options)));
      SeqLock.init(region, options);
      const limits = attach(region);
      // deno-lint-ignore no-explicit-any -- as plain JavaScript would
      const change = (record: any) => record.orders = 9;
      assertThrows(() => limits.read(change), ReadOnlyError);
      assertThrows(() => limits.read((record) => record.most.set(0, 1)), ReadOnlyError);
      assertThrows(() => limits.tryRead(change), ReadOnlyError);
      assertThrows(() => change(limits.payload), ReadOnlyError);
      assertEquals(limits.read(({ orders }) => orders), 0);
    });

    it(`takes no lock for values that it refuses, ${way}`, () => {
      const memory = new SharedArrayBuffer(SeqLock.byteLength(options)), region = Region.over(memory);
      SeqLock.init(region, options);
      // deno-lint-ignore no-explicit-any -- as plain JavaScript would
      const limits: any = attach(region);
      limits.write({ orders: 1 });
      const before = Array.from(new Uint8Array(memory));
      assertThrows(() => limits.write({ orders: 2, stopedAt: 1 }), TypeError, "stopedAt");
      assertThrows(() => limits.write({ orders: 2, stoppedAt: -1 }), RangeError);
      for (const none of [undefined, null, 5]) assertThrows(() => limits.write(none), TypeError);
      assertEquals(Array.from(new Uint8Array(memory)), before);
      assertEquals(region.source.i32[SEQUENCE_WORD], 2);
    });
  }

  it("is opened with the layout it was made with, or as bytes", () => {
    using segment = Segment.anonymous({ byteLength: 65536 });
    segment.create("limits", SeqLock, options).write({ orders: 5 });
    segment.create("bytes", SeqLock, { payloadBytes: 8 });
    assertEquals(segment.objects()[0].schema, Limits.schema);
    using second = Segment.open(segment.name), looking = Segment.open(segment.name, { readOnly: true });
    for (const each of [second, looking]) {
      assertEquals(each.open("limits", SeqLock, options).read(({ orders }) => orders), 5);
      const at = Limits.fields.find(({ name }) => name === "orders")!.byteOffset / 4;
      assertEquals(each.open("limits", SeqLock).read(({ u32 }) => u32[at]), 5);
      const other = struct("Limits", { isStopped: bool, stoppedAt: u53 });
      assertThrows(() => each.open("limits", SeqLock, { layout: other }), LayoutMismatchError, "stoppedAt");
      assertThrows(() => each.open("bytes", SeqLock, options), LayoutMismatchError);
    }
    const late = looking.open("limits", SeqLock, options);
    looking.close();
    assertThrows(() => late.read(({ orders }) => orders), ClosedError);
    const { payload } = second.open("limits", SeqLock, options);
    second.close();
    assertThrows(() => payload.orders, ClosedError);
  });

  it("refuses options that contradict themselves, and memory that contradicts the layout", () => {
    const both = { layout: Limits, payloadBytes: 64 } as never, struct = Limits as never;
    assertThrows(() => SeqLock.byteLength(both), TypeError, "payloadBytes follows from the layout");
    assertThrows(() => SeqLock.byteLength({ layout: {} } as never), TypeError, "made by struct()");
    assertThrows(() => SeqLock.byteLength(struct), RangeError, "a multiple of 8");
    const region = Region.over(new SharedArrayBuffer(1024));
    SeqLock.init(region, { payloadBytes: 8 });
    assertThrows(() => SeqLock.attach(region, options), SegmentFormatError, "bytes of Limits: found 8");
    const bytes = SeqLock.attach(region, {});
    assertThrows(() => bytes.write({} as never), TypeError, "without a layout");
  });
});
