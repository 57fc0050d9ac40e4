import { describe, it } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
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
  i32,
  i64,
  i8,
  struct,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "../../lib/layout/mod.ts";

/** A view of a struct with one field `x`. */
function one<V>(field: Field<V, V, true>): { x: V } {
  return struct("S", { x: field }).alloc() as { x: V };
}

const DOUBLES = [0, 1, -1, 0.1, Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity, NaN, -0];
const ROUND_TRIPS: [Field<unknown, unknown, true>, unknown[]][] = [
  [u8, [0, 1, 127, 128, 255]],
  [i8, [0, -1, 127, -128]],
  [u16, [0, 255, 32768, 65535]],
  [i16, [0, -1, 32767, -32768]],
  [u32, [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]],
  [i32, [0, -1, 2 ** 31 - 1, -(2 ** 31)]],
  [f32, [0, 1.5, -(2 ** 100), Infinity, NaN, -0]],
  [f64, DOUBLES],
  [bool, [true, false]],
  [u53, [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 1, 2 ** 53 - 1]],
  [u64, [0n, 1n, 2n ** 63n, 2n ** 64n - 1n]],
  [i64, [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]],
  [decimal(0), [
    0,
    1,
    -1,
    2 ** 31,
    -(2 ** 32),
    2 ** 53,
    -(2 ** 53),
    2 ** 62,
    -(2 ** 62),
    2 ** 63 - 1024,
    1024 - 2 ** 63,
  ]],
  [decimal(8), [0, 0.1, 0.3, 60000.12345678, -60000.12345678, 1e-8, -1e-8, -0.1, 22_000_000.00000001, 92e9]],
  [decimal(15), [0.1, -0.123456789012345, 9000.5]],
  [chars(8), ["", "a", "12345678", "héé", "😀😀", "\ufeffa", "toString"]],
  [chars(200), ["x".repeat(200), "é".repeat(100), "y".repeat(65), ""]],
  [bytes(3), [new Uint8Array([1, 2, 255])]],
  [enumeration("buy", "sell"), ["buy", "sell"]],
  [enumeration({ a: 1, b: 65535 }), ["a", "b"]],
  [enumeration({ a: 2 ** 32 - 1, toString: 7 }), ["a", "toString"]],
];

describe("fields", () => {
  for (const [field, values] of ROUND_TRIPS) {
    it(`${field.schema.slice(0, 30)} returns what was stored`, () => {
      const view = one(field);
      for (const value of values) {
        view.x = value;
        if (typeof value === "object") assertEquals(view.x, value);
        else assertStrictEquals(view.x, value);
      }
    });
    it(`${field.schema.slice(0, 30)} writes its own bytes only`, () => {
      const Guarded = struct("G", { a: bytes(8), x: field, b: bytes(8) });
      const view = Guarded.alloc() as { a: Uint8Array; x: unknown; b: Uint8Array };
      const guard = new Uint8Array(8).fill(0xa5);
      view.a = guard;
      view.b = guard;
      for (const value of values) {
        view.x = value;
        assertEquals([...view.a, ...view.b], [...guard, ...guard]);
      }
    });
  }

  it("are little-endian", () => {
    const S = struct("S", { a: u32, b: decimal(2), c: u53, d: enumeration({ x: 0x0102 }) });
    const view = S.alloc();
    S.assign(view, { a: 0x01020304, b: -0.01, c: 2 ** 40 + 5, d: "x" });
    const u8s = [...S.viewsOf(view).u8];
    assertEquals(u8s, [4, 3, 2, 1, 0, 0, 0, 0, ...Array(8).fill(255), 5, 0, 0, 0, 0, 1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("f32 rounds to the nearest float", () => {
    const view = one(f32);
    view.x = 0.1;
    assertStrictEquals(view.x, Math.fround(0.1));
  });

  it("f32 refuses a finite number that would become infinite", () => {
    const view = one(f32), max = 2 ** 128 - 2 ** 104, overflow = 2 ** 128 - 2 ** 103;
    // The largest double below rounds down to the largest float.
    for (const value of [max, -max, overflow - 2 ** 75, 2 ** 75 - overflow, Infinity, -Infinity, NaN, 1e-300]) {
      view.x = value;
      assertStrictEquals(view.x, Math.fround(value));
    }
    view.x = 1;
    const Array32 = struct("A", { x: array(f32, 2) }), elements = Array32.alloc().x;
    for (const value of [1e300, -1e300, overflow, -overflow, Number.MAX_VALUE, 2 ** 128]) {
      assertThrows(
        () => view.x = value,
        RangeError,
        `Cannot set S.x as an f32 must be a number that does not overflow a 32-bit float: received ${value}`,
      );
      assertThrows(() => elements.set(1, value), RangeError, "Cannot set A.x[1] as an f32");
    }
    assertEquals([view.x, elements.get(1)], [1, 0]);
  });

  it("decimal rounds to the nearest unit", () => {
    const view = one(decimal(2));
    for (
      const [from, to] of [[0.126, 0.13], [0.124, 0.12], [-0.126, -0.13], [-0.124, -0.12], [0.1 + 0.2, 0.3], [0.004, 0]]
    ) {
      view.x = from;
      assertStrictEquals(view.x, to);
    }
  });

  it("decimal returns random decimals up to 2^51 units unchanged", () => {
    const view = one(decimal(8));
    let seed = 12345;
    for (let i = 0; i < 20000; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const units = Math.floor(seed / 2 ** 32 * 2 ** (1 + i % 51)) * (i & 1 ? 1 : -1);
      const text = (Math.abs(units) + "").padStart(9, "0");
      const value = Number(`${units < 0 ? "-" : ""}${text.slice(0, -8)}.${text.slice(-8)}`);
      view.x = value;
      if (view.x !== value) throw new Error(`units ${units}: wrote ${value}, read ${view.x}`);
    }
  });

  it("u53 beyond 2^53 - 1 reads as the nearest double", () => {
    const S = struct("S", { x: u53 }), view = S.alloc();
    S.viewsOf(view).u64[0] = 2n ** 64n - 1n;
    assertStrictEquals(view.x, 2 ** 64);
  });

  it("bool reads any byte but 0 as true", () => {
    const S = struct("S", { x: bool }), view = S.alloc();
    S.viewsOf(view).u8[0] = 128;
    assertStrictEquals(view.x, true);
  });

  it("chars reads ill-formed bytes as U+FFFD and stops at NUL", () => {
    const S = struct("S", { x: chars(4) }), view = S.alloc(), memory = S.viewsOf(view).u8;
    memory.set([0x61, 0xff, 0x62, 0]);
    assertEquals(view.x, "a\ufffdb");
    memory.set([0x61, 0, 0xff, 0x62]);
    assertEquals(view.x, "a");
    memory.set([0xf0, 0x9f, 0x98, 0]);
    assertEquals(view.x, "\ufffd");
  });

  it("chars pads with NUL", () => {
    const S = struct("S", { x: chars(6) }), view = S.alloc(), memory = S.viewsOf(view).u8;
    for (const [text, expected] of [["ab", [97, 98, 0, 0, 0, 0]], ["é", [195, 169, 0, 0, 0, 0]]] as const) {
      view.x = "zzzzzz";
      view.x = text;
      assertEquals([...memory.subarray(0, 6)], [...expected]);
    }
  });

  it("bytes returns the memory, the same array until the view moves", () => {
    const S = struct("S", { x: bytes(2) }), view = S.alloc();
    const kept = view.x;
    kept[1] = 9;
    assertEquals(view.x[1], 9);
    assertStrictEquals(view.x, kept);
  });
});

const REFUSALS: [Field<unknown, unknown, true>, string, unknown[], unknown[]][] = [
  [u8, "a u8 must be an integer from 0 to 255", [-1, 256, 1.5, NaN, Infinity, 2 ** 32], ["1", 1n, null, undefined, {}]],
  [i8, "an i8 must be an integer from -128 to 127", [-129, 128, 0.5], [true]],
  [u16, "a u16 must be an integer from 0 to 65535", [-1, 65536, 1.5], ["1"]],
  [i16, "an i16 must be an integer from -32768 to 32767", [-32769, 32768], ["1"]],
  [u32, "a u32 must be an integer from 0 to 4294967295", [-1, 2 ** 32, 0.5, NaN], ["1", Symbol("s")]],
  [i32, "an i32 must be an integer from -2147483648 to 2147483647", [2 ** 31, -(2 ** 31) - 1], [1n]],
  [f32, "an f32 must be a number", [], ["1", 1n, undefined]],
  [f64, "an f64 must be a number", [], ["1", 1n, undefined]],
  [bool, "a bool must be true or false", [], [0, 1, "true", undefined]],
  [u53, "a u53 must be an integer from 0 to 9007199254740991", [-1, 2 ** 53, 0.5, NaN, Infinity], [1n, "1"]],
  [u64, "a u64 must be a bigint from 0 to 2^64 - 1", [-1n, 2n ** 64n], [1]],
  [i64, "an i64 must be a bigint from -2^63 to 2^63 - 1", [2n ** 63n, -(2n ** 63n) - 1n], [1]],
  [decimal(0), "a decimal must be a number within 2^63 units of 10^-0", [2 ** 63, -(2 ** 63), NaN, Infinity], [
    "1",
    1n,
  ]],
  [decimal(8), "a decimal must be a number within 2^63 units of 10^-8", [92233720369, -1e300], [null]],
  [chars(4), "chars(4) must be a string of at most 4 bytes", ["12345", "éé!"], []],
  [chars(4), "chars(4) must be a string without NUL", ["a\0", "\0"], []],
  [chars(4), "chars(4) must be a string without lone surrogates", ["\ud800"], []],
  [chars(4), "a chars must be a string", [], [1, null]],
  [bytes(2), "bytes(2) must be a Uint8Array of length 2", [new Uint8Array(1), new Uint8Array(3)], [[1, 2], "ab"]],
  [enumeration("buy", "sell"), "an enumeration must be one of buy, sell", ["hold", "toString"], [0, undefined]],
];

describe("setters refuse", () => {
  for (const [field, message, ranges, types] of REFUSALS) {
    it(`what ${message}`, () => {
      const view = one(field), before = Uint8Array.from([1, 2]);
      if (field.schema === "bytes(2)") view.x = before;
      const kept = field.kind === "enumeration" ? "buy" : view.x;
      for (const value of ranges) assertThrows(() => view.x = value, RangeError, `Cannot set S.x as ${message}`);
      for (const value of types) assertThrows(() => view.x = value, TypeError, `Cannot set S.x as ${message}`);
      assertEquals(view.x, kept);
    });
  }

  it("with the value", () => {
    assertEquals(
      assertThrows(() => one(u32).x = -1, RangeError).message,
      "Cannot set S.x as a u32 must be an integer from 0 to 4294967295: received -1",
    );
  });
});

describe("enumeration", () => {
  it("is stored in the smallest integer", () => {
    assertEquals(enumeration("a").schema, "enum8(a=0)");
    assertEquals(enumeration({ a: 256 }).byteLength, 2);
    assertEquals(enumeration({ a: 65536 }).byteLength, 4);
  });

  it("refuses to read a value without a name", () => {
    const S = struct("S", { x: enumeration("a", "b") }), view = S.alloc();
    S.viewsOf(view).u8[0] = 2;
    assertThrows(() => view.x, RangeError, "Cannot read S.x as the stored value must have a name: found 2");
  });

  it("refuses bad members", () => {
    assertThrows(() => enumeration(), TypeError, "it must have a member");
    assertThrows(() => enumeration({}), TypeError, "it must have a member");
    assertThrows(() => enumeration("a", "a"), RangeError, "unique");
    assertThrows(() => enumeration({ a: 1, b: 1 }), RangeError, "received b = 1");
    for (const value of [-1, 1.5, 2 ** 32, NaN]) {
      assertThrows(() => enumeration({ a: value }), RangeError, `a = ${value}`);
    }
    for (const name of ["", "1a", "a-b", "é", "__proto__", "constructor"]) {
      assertThrows(() => enumeration(name), TypeError, "C identifier");
    }
  });
});

describe("descriptions refuse", () => {
  it("scales and lengths", () => {
    for (const scale of [-1, 16, 1.5, NaN]) assertThrows(() => decimal(scale), RangeError, `received ${scale}`);
    for (const length of [0, -1, 1.5, NaN, 2 ** 31]) {
      assertThrows(() => chars(length), RangeError, `received ${length}`);
      assertThrows(() => bytes(length), RangeError, `received ${length}`);
      assertThrows(() => array(u8, length), RangeError, `received ${length}`);
    }
    assertThrows(() => array(f64, 2 ** 28), RangeError, "2147483647 bytes");
  });

  it("deep nesting and long texts", () => {
    let field: Field = u8;
    assertThrows(
      () => {
        for (let i = 0; i < 17; i++) field = array(field, 1);
      },
      RangeError,
      "at most 16 deep: received 17",
    );
    const names = Array.from({ length: 10000 }, (_, i) => `member${i}`);
    assertThrows(() => enumeration(...names), RangeError, "at most 65536 characters");
  });

  it("decimal(-0) is decimal(0)", () => assertEquals(Object.is(decimal(-0).scale, 0), true));
});
