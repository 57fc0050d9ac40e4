import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { array, bool, bytes, chars, decimal, enumeration, f64, i64, struct, u32, u53, u64, u8 } from "@shmkit/shmkit";
import { bindRecord, Views } from "../../lib/layout/internal.ts";

/** Each kind of field whose code has variables of its own, behind one another and within parts. */
const Part = struct("Part", { name: chars(6), key: bytes(3), count: u53 });
const All = struct("All", {
  name: chars(8),
  key: bytes(4),
  side: enumeration({ bid: 1, ask: 2 }),
  open: bool,
  price: decimal(2),
  count: u53,
  signed: i64,
  unsigned: u64,
  number: f64,
  small: u8,
  part: Part,
  parts: array(Part, 2),
  names: array(chars(5), 2),
  keys: array(bytes(2), 2),
  numbers: array(u32, 2),
});

const VALUES = {
  name: "abc",
  key: Uint8Array.of(1, 2, 3, 4),
  side: "ask",
  open: true,
  price: 12.25,
  count: 2 ** 40,
  signed: -5n,
  unsigned: 2n ** 63n,
  number: 0.1,
  small: 200,
  part: { name: "de", key: Uint8Array.of(5, 6, 7), count: 2 ** 41 },
} as const;

describe("a view that is bound to its memory", () => {
  it("writes and reads every kind of field, wherever it was moved", () => {
    const views = new Views(new ArrayBuffer(4 * All.byteLength));
    const { record, moveTo } = bindRecord(All, views);
    for (const index of [0, 2]) {
      moveTo(index * All.byteLength);
      All.assign(record, VALUES);
      record.parts.get(1).name = "fg";
      record.parts.get(1).key = Uint8Array.of(8, 9, 10);
      record.names.set(1, "hi");
      record.keys.set(1, Uint8Array.of(11, 12));
      record.numbers.set(1, 13);
      const plain = All.view(views, index * All.byteLength);
      for (const seen of [All.toObject(record), All.toObject(plain)]) {
        const { parts, names, keys, numbers, ...rest } = seen;
        assertEquals(rest, VALUES);
        assertEquals(parts.map(({ name, key }) => [name, ...key]), [["", 0, 0, 0], ["fg", 8, 9, 10]]);
        assertEquals([names, keys.map((key) => [...key]), numbers], [["", "hi"], [[0, 0], [11, 12]], [0, 13]]);
      }
    }
    moveTo(All.byteLength);
    assertEquals([record.name, record.count, record.part.name], ["", 0, ""]);
  });

  it("refuses values that do not fit, and leaves the record as it was", () => {
    const { record } = bindRecord(All, new Views(new ArrayBuffer(All.byteLength)));
    record.name = "abc";
    record.key = VALUES.key;
    assertThrows(() => record.name = "much too long", RangeError);
    assertThrows(() => record.key = Uint8Array.of(1), RangeError);
    assertEquals([record.name, [...record.key]], ["abc", [1, 2, 3, 4]]);
  });
});
