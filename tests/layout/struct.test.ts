import { describe, it } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ClosedError, ReadOnlyError } from "../../lib/errors.ts";
import {
  array,
  bool,
  bytes,
  chars,
  decimal,
  enumeration,
  f32,
  f64,
  type Field,
  i16,
  i64,
  i8,
  struct,
  u16,
  u32,
  u53,
  u64,
  u8,
  Views,
} from "../../lib/layout/mod.ts";

const Level = struct("Level", { price: decimal(2), size: u32 });
const All = struct("All", {
  a: u8,
  b: i16,
  c: u32,
  d: f32,
  e: f64,
  f: bool,
  g: u64,
  h: i64,
  i: u53,
  j: decimal(4),
  k: chars(5),
  l: bytes(3),
  m: enumeration("x", "y"),
  best: Level,
  levels: array(Level, 2),
  sizes: array(u16, 3),
  grid: array(array(i8, 2), 2),
  blobs: array(bytes(2), 2),
  tags: array(chars(2), 2),
});
const VALUE = {
  a: 1,
  b: -2,
  c: 3,
  d: 0.5,
  e: 0.1,
  f: true,
  g: 7n,
  h: -8n,
  i: 2 ** 40,
  j: -1.2345,
  k: "abcde",
  l: new Uint8Array([1, 2, 3]),
  m: "y" as const,
  best: { price: 1.25, size: 4 },
  levels: [{ price: 1, size: 2 }, { price: 3, size: 5 }],
  sizes: [1, 2, 65535],
  grid: [[1, -2], [3, -4]],
  blobs: [new Uint8Array([1, 2]), new Uint8Array([3, 4])],
  tags: ["a", "bc"],
};

/** Every way to read or write a part of a view of `All`, by name. */
function touches(view: ReturnType<typeof All.alloc>): [name: string, read: () => unknown, write: () => void][] {
  const scalars = All.fields.filter(({ field }) => field.settable).map(
    ({ name }): [string, () => unknown, () => void] => {
      const target = view as unknown as Record<string, unknown>;
      const value = (VALUE as Record<string, unknown>)[name];
      return [name, () => target[name], () => target[name] = value];
    },
  );
  const level = view.levels.get(1), row = view.grid.get(1);
  return [
    ...scalars,
    ["best.size", () => view.best.size, () => view.best.size = 1],
    ["best.price", () => view.best.price, () => view.best.price = 1],
    ["levels[1].size", () => level.size, () => level.size = 1],
    ["levels[1]", () => view.levels.toArray(), () => view.levels.set(1, { price: 1, size: 1 })],
    ["sizes[0]", () => view.sizes.get(0), () => view.sizes.set(0, 1)],
    ["grid[1][0]", () => row.get(0), () => row.set(0, 1)],
    ["blobs[0]", () => view.blobs.get(0), () => view.blobs.set(0, new Uint8Array(2))],
    ["tags[0]", () => view.tags.get(0), () => view.tags.set(0, "z")],
    ["assign", () => All.toObject(view), () => All.assign(view, { a: 2 })],
  ];
}

describe("struct", () => {
  it("follows the C ABI", () => {
    const S = struct("S", { a: u8, b: u16, c: u8, d: u32, e: u8, f: f64, g: chars(3), h: Level, i: u8 });
    assertEquals(S.fields.map(({ byteOffset }) => byteOffset), [0, 2, 4, 8, 12, 16, 24, 32, 48]);
    assertEquals([S.byteLength, S.alignment], [56, 8]);
    assertEquals(struct("T", { a: u8, b: u16 }).byteLength, 4);
    assertEquals(struct("U", { a: array(u16, 3), b: u8 }).byteLength, 8);
  });

  it("names its schema", () => {
    assertEquals(
      struct("Quote", { bid: f64, side: enumeration("buy", "sell"), levels: array(Level, 10) }).schema,
      "Quote{bid:f64,side:enum8(buy=0,sell=1),levels:[Level{price:decimal(2),size:u32};10]}",
    );
  });

  it("refuses names, no fields and too much", () => {
    for (const name of ["", "a b", "1", "é", "__proto__", "constructor"]) {
      assertThrows(() => struct(name, { a: u8 }), TypeError, "C identifier");
      const fields = Object.defineProperty({}, name, { value: u8, enumerable: true }) as Record<string, Field>;
      assertThrows(() => struct("S", fields), TypeError, "Cannot name a field of S as a name must be a C identifier");
    }
    assertThrows(() => struct("S", {}), TypeError, "Cannot create struct S as it must have a field: received none");
    const huge = array(u8, 2 ** 31 - 1);
    assertThrows(() => struct("S", { huge, a: u8 }), RangeError, "Cannot create struct S as its size");
    let deep = struct("S", { a: u8 as Field });
    assertThrows(
      () => {
        for (let i = 0; i < 16; i++) deep = struct("S", { a: deep as Field });
      },
      RangeError,
      "at most 16 deep: received 17",
    );
    let wide = struct("S", { a: u8 as Field, b: u8 as Field });
    assertThrows(
      () => {
        for (let i = 0; i < 15; i++) wide = struct("Wide_enough_to_be_long", { a: wide, b: wide });
      },
      RangeError,
      "its schema must have at most 65536 characters",
    );
  });

  it("takes field names that objects and keywords have", () => {
    const S = struct("class", {
      toString: u8,
      valueOf: u8,
      class: u8,
      at: u8,
      view: f64,
      length: u8,
      hasOwnProperty: u8,
    });
    const view = S.alloc();
    S.assign(view, { length: 3 } as never);
    view.class = 4;
    view.toString = 5;
    const expected = { toString: 5, valueOf: 0, class: 4, at: 0, view: 0, length: 3, hasOwnProperty: 0 };
    assertEquals(Object.entries(S.toObject(view)), Object.entries(expected));
  });

  it("writes objects and reads them back", () => {
    const view = All.alloc();
    All.assign(view, VALUE);
    assertEquals(All.toObject(view), VALUE);
    const object = All.toObject(view);
    view.l[0] = 99;
    assertEquals(object.l[0], 1, "a plain object must not alias the memory");
  });
});

describe("view", () => {
  it("refuses offsets outside or unaligned", () => {
    const views = new Views(new ArrayBuffer(64));
    for (const offset of [-8, 4, 1.5, NaN]) {
      assertThrows(() => Level.view(views, offset), RangeError, `must be a multiple of 8: received ${offset}`);
    }
    assertThrows(() => Level.view(views, 56), RangeError, "its 16 bytes must lie within 64: received offset 56");
    assertEquals(Level.view(views, 48).size, 0);
  });

  it("moves with all its parts", () => {
    const stride = All.byteLength, views = new Views(new ArrayBuffer(stride * 3 + 8), 8);
    const first = All.view(views), second = All.view(views, stride);
    All.assign(second, VALUE);
    const { best, levels, sizes, grid } = first, level = levels.get(1), row = grid.get(1), blob = first.blobs.get(1);
    assertEquals([best.size, level.size, sizes.get(2), row.get(1), first.k], [0, 0, 0, 0, ""]);
    All.moveTo(first, stride);
    assertEquals([best.size, level.size, sizes.get(2), row.get(1), first.k], [4, 5, 65535, -4, "abcde"]);
    assertEquals(All.toObject(first), VALUE);
    assert(first.blobs.get(1) !== blob);
    assertEquals(All.byteOffsetOf(first), stride);
    assertStrictEquals(All.viewsOf(first), views);
    assertStrictEquals(first.best, best);
    assertStrictEquals(first.levels.get(1), level);
  });

  it("is not moved past the end, and never reaches a neighbour", () => {
    const buffer = new ArrayBuffer(Level.byteLength * 3);
    new Uint8Array(buffer).fill(1);
    const views = new Views(buffer, 0, Level.byteLength), view = Level.view(views);
    for (const offset of [4, 8, Level.byteLength, Level.byteLength * 2]) {
      assertThrows(
        () => Level.moveTo(view, offset),
        RangeError,
        `Cannot move a view of Level as 'byteOffset' must be a multiple of 8 from 0 to 0: received ${offset}`,
      );
    }
    assertEquals(Level.byteOffsetOf(view), 0);
    view.size = 2;
    assertEquals(new Uint8Array(buffer, 16).every((byte) => byte === 1), true);
  });

  it("of a part is moved by the whole alone", () => {
    const view = All.view(new Views(new ArrayBuffer(All.byteLength * 2)));
    for (const part of [view.best, view.levels.get(1)]) {
      assertThrows(() => Level.moveTo(part, 0), TypeError, "it is a part of another view; move that");
    }
    assertEquals(All.byteOffsetOf(view), 0);
  });

  it("is moved nowhere by an offset that would wrap or lie between two elements", () => {
    const buffer = new ArrayBuffer(All.byteLength * 2), views = new Views(buffer), view = All.view(views);
    All.assign(view, VALUE);
    All.moveTo(view, All.byteLength);
    const offsets = [2 ** 32, 2 ** 32 + 8, 2 ** 32 - 8, 2 ** 33, 2 ** 53, -1, -8, 4, 1.5, NaN, Infinity, -Infinity];
    for (const offset of [...offsets, undefined, null, "0", {}] as number[]) {
      const last = All.byteLength;
      assertThrows(
        () => All.moveTo(view, offset),
        RangeError,
        `Cannot move a view of All as 'byteOffset' must be a multiple of 8 from 0 to ${last}: received ${offset}`,
      );
      assertEquals(All.byteOffsetOf(view), All.byteLength);
    }
    buffer.transfer();
    assertThrows(() => All.moveTo(view, NaN), ClosedError, "Cannot move a view of All as its segment was closed");
    for (
      const [step, S] of [[1, struct("S", { a: u8 })], [2, struct("S", { a: u16 })], [
        4,
        struct("S", { a: u32 }),
      ]] as const
    ) {
      const small = S.view(new Views(new ArrayBuffer(64))) as { a: number };
      small.a = 7;
      for (const offset of [2 ** 32, 2 ** 32 - step, 64, -step, NaN, step / 2]) {
        assertThrows(() => S.moveTo(small, offset), RangeError, `must be a multiple of ${step}`);
      }
      S.moveTo(small, 64 - step);
      assertEquals(small.a, 0);
    }
  });

  it("does not come to lie half outside", () => {
    const S = struct("S", { a: u32, b: chars(8) }), T = struct("T", { a: u53 });
    const views = new Views(new ArrayBuffer(16), 0, 12), view = S.view(views), wide = T.view(views);
    assertThrows(() => S.moveTo(view, 4), RangeError, "from 0 to 0: received 4");
    assertThrows(() => T.moveTo(wide, 8), RangeError, "from 0 to 4: received 8");
    assertEquals(new Uint8Array(views.buffer).every((byte) => byte === 0), true);
  });

  it("of a closed segment throws from every accessor", () => {
    const buffer = new ArrayBuffer(All.byteLength), view = All.view(new Views(buffer));
    All.assign(view, VALUE);
    const all = touches(view);
    for (const [, read, write] of all) {
      read();
      write();
    }
    buffer.transfer();
    for (const [, read, write] of all) {
      assertThrows(read, ClosedError, "as its segment was closed");
      assertThrows(write, ClosedError, "as its segment was closed");
    }
    assertThrows(() => All.copy(All.alloc(), view), ClosedError, "Cannot copy to All");
    assertThrows(() => All.copy(view, All.alloc()), ClosedError, "Cannot copy from All");
  });

  it("of a closed segment throws in code that ran hot before", () => {
    const buffer = new ArrayBuffer(16), view = Level.view(new Views(buffer));
    const read = () => view.size;
    const write = (value: number) => view.size = value;
    for (let i = 0; i < 100_000; i++) {
      write(i);
      if (read() !== i) throw new Error("lost");
    }
    buffer.transfer();
    for (let i = 0; i < 1000; i++) {
      assertThrows(read, ClosedError);
      assertThrows(() => write(1), ClosedError);
    }
  });

  it("read-only reads everything and refuses to write", () => {
    const buffer = new ArrayBuffer(All.byteLength), views = new Views(buffer);
    All.assign(All.view(views), VALUE);
    const before = new Uint8Array(buffer).slice();
    const view = All.view(views, 0, { readOnly: true });
    assertEquals(All.toObject(view), VALUE);
    for (const [, read, write] of touches(view)) {
      read();
      assertThrows(write, ReadOnlyError, "is read-only");
    }
    assertThrows(() => All.copy(All.alloc(), view), ReadOnlyError, "Cannot copy to All");
    view.l[0] = 77;
    view.blobs.get(0)[0] = 77;
    assertEquals(new Uint8Array(buffer), before);
  });
});

describe("assign", () => {
  it("leaves other fields alone", () => {
    const view = All.alloc();
    All.assign(view, VALUE);
    All.assign(view, { a: 9, best: { price: 2 } as never, c: undefined as never });
    assertEquals(All.toObject(view), { ...VALUE, a: 9, best: { price: 2, size: 4 } });
  });

  it("writes all or nothing", () => {
    const view = All.alloc();
    All.assign(view, VALUE);
    const bad: [Record<string, unknown>, string][] = [
      [{ a: 2, nope: 1 }, 'Cannot assign to All as every key must be one of its fields: received "nope"'],
      [{ a: 2, c: -1 }, "Cannot set All.c as a u32"],
      [{ a: 2, best: { size: 5, price: "1" } }, "Cannot set Level.price as a decimal"],
      [{ a: 2, best: { size: 5, foo: 1 } }, "Cannot assign to Level"],
      [{ a: 2, best: 5 }, "Cannot assign to Level as the values must be an object: received number"],
      [{ a: 2, sizes: [1, 2] }, "Cannot set All.sizes as its value must be an array of length 3: received length 2"],
      [{ a: 2, sizes: 5 }, "received number"],
      [{ a: 2, d: 1e300 }, "Cannot set All.d as an f32"],
      [{ a: 2, sizes: [1, 2, -3] }, "Cannot set All.sizes[2] as a u16"],
      [{ a: 2, levels: [{ size: 9 }, { size: -1 }] }, "Cannot set Level.size"],
    ];
    for (const [values, message] of bad) {
      assertThrows(() => All.assign(view, values as never), Error, message);
      assertEquals(All.toObject(view), VALUE);
    }
    for (const values of [null, 1, [], undefined]) {
      assertThrows(() => All.assign(view, values as never), TypeError, "the values must be an object");
    }
  });
});

describe("copy", () => {
  it("copies every byte, and only the struct's", () => {
    for (const S of [All, struct("Odd", { a: u8, b: chars(2) }), struct("Two", { a: u16, b: u8 })]) {
      const size = S.byteLength, from = new Views(new ArrayBuffer(size * 3)), to = new Views(new ArrayBuffer(size * 3));
      from.u8.forEach((_, i) => from.u8[i] = i % 250 + 1);
      const layout = S as typeof All;
      layout.copy(layout.view(from, size), layout.view(to, size * 2));
      assertEquals(to.u8.subarray(size * 2), from.u8.subarray(size, size * 2));
      assertEquals(to.u8.subarray(0, size * 2).every((byte) => byte === 0), true);
    }
  });

  it("takes views of an equal struct, and read-only sources", () => {
    const Same = struct("Level", { price: decimal(2), size: u32 }), from = Same.alloc(), to = Level.alloc();
    from.size = 3;
    Level.copy(from, to);
    assertEquals([to.size, Level.isView(from), Level.isView(All.alloc()), Level.isView({})], [3, true, false, false]);
    const readOnly = Level.view(Level.viewsOf(to), 0, { readOnly: true });
    Level.copy(readOnly, from);
    assertThrows(() => Level.copy(from, readOnly), ReadOnlyError);
  });

  it("copies parts of other structs", () => {
    const Book = struct("Book", { pad: u8, best: Level, levels: array(Level, 2) });
    const book = Book.alloc(), level = Level.alloc();
    Level.assign(level, { price: 1.5, size: 7 });
    Level.copy(level, book.best);
    Level.copy(book.best, book.levels.get(1));
    const zero = { price: 0, size: 0 }, full = { price: 1.5, size: 7 };
    assertEquals(Book.toObject(book), { pad: 0, best: full, levels: [zero, full] });
    Level.copy(book.levels.get(0), level);
    assertEquals(Level.toObject(level), zero);
  });

  it("copies a struct that is too large for straight code", () => {
    const Large = struct("Large", { a: array(u32, 1000) }), from = Large.alloc(), to = Large.alloc();
    for (let i = 0; i < 1000; i++) from.a.set(i, i + 1);
    Large.copy(from, to);
    assertEquals([to.a.get(0), to.a.get(999)], [1, 1000]);
  });

  it("refuses views of another struct", () => {
    assertThrows(() => Level.copy(All.alloc() as never, Level.alloc()), TypeError, "received All");
    assertThrows(
      () => Level.viewsOf({} as never),
      TypeError,
      "Cannot use a value as a view of Level as it must be one: received object",
    );
  });
});

describe("array", () => {
  it("refuses indices outside", () => {
    const view = All.alloc();
    for (const index of [-1, 3, 1.5, NaN, "0" as never]) {
      const message = `Cannot reach All.sizes as an index must be an integer from 0 to 2: received ${index}`;
      assertThrows(() => view.sizes.get(index), RangeError, message);
      assertThrows(() => view.sizes.set(index, 1), RangeError, message);
    }
    assertThrows(() => view.grid.get(1).set(0, 128), RangeError, "Cannot set All.grid[1][0] as an i8");
    assertThrows(() => view.tags.set(1, "abc"), RangeError, "Cannot set All.tags[1] as chars(2)");
  });

  it("is iterable and has a length", () => {
    const view = All.alloc();
    All.assign(view, VALUE);
    assertEquals([...view.sizes], VALUE.sizes);
    assertEquals([...view.levels].map(({ size }) => size), [2, 5]);
    assertEquals([view.sizes.length, view.grid.get(0).length], [3, 2]);
  });
});
