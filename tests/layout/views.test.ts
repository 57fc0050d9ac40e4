import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { array, bytes, chars, decimal, f64, struct, u16, u32, u53, u64, u8, Views } from "../../lib/layout/mod.ts";

describe("Views", () => {
  it("shows one range with local indices", () => {
    const buffer = new ArrayBuffer(32), views = new Views(buffer, 8, 14);
    views.u8.fill(255);
    assertEquals([...new Uint8Array(buffer)], [...Array(8).fill(0), ...Array(14).fill(255), ...Array(10).fill(0)]);
    assertEquals([views.i8[0], views.i16[0], views.u16[0], views.i32[0], views.u32[0]], [
      -1,
      -1,
      65535,
      -1,
      2 ** 32 - 1,
    ]);
    assertEquals([views.i64[0], views.u64[0]], [-1n, 2n ** 64n - 1n]);
    const { i8, u16: half, i32, f32, f64: double, i64 } = views;
    assertEquals([i8, half, i32, f32, double, i64].map(({ length }) => length), [14, 7, 3, 3, 1, 1]);
    assertEquals([views.byteOffset, views.byteLength, views.closed], [8, 14, false]);
  });

  it("takes the rest of the buffer by default", () => {
    assertEquals(new Views(new ArrayBuffer(32), 8).byteLength, 24);
    assertEquals(new Views(new ArrayBuffer(0)).closed, false);
  });

  it("refuses unaligned and outside ranges", () => {
    const buffer = new ArrayBuffer(32);
    for (const offset of [4, -8, 1.5, NaN]) {
      assertThrows(
        () => new Views(buffer, offset, 8),
        RangeError,
        `'byteOffset' must be a multiple of 8: received ${offset}`,
      );
    }
    for (const [offset, length] of [[0, 33], [8, 25], [0, -1], [0, 1.5], [40, 0], [0, NaN]]) {
      assertThrows(() => new Views(buffer, offset, length), RangeError, `received offset ${offset}, length ${length}`);
    }
  });

  it("knows that its buffer was detached", () => {
    const buffer = new ArrayBuffer(16), views = new Views(buffer);
    buffer.transfer();
    assert(views.closed);
    assertEquals([views.byteLength, views.f64.length], [16, 0]);
  });
});

describe("views up to 4 GiB", () => {
  // Untouched pages take no memory; a machine that refuses the reservation skips.
  let big: SharedArrayBuffer | undefined;
  try {
    big = new SharedArrayBuffer(2 ** 32);
  } catch { /* Reported by the skip. */ }
  const skip = big === undefined ? "no 4 GiB of address space" : false;

  it("read and write at their own offset", { skip }, () => {
    const Part = struct("Part", { x: u16, y: f64 });
    const S = struct("S", {
      a: f64,
      b: u32,
      c: u53,
      d: decimal(2),
      e: u8,
      f: u16,
      g: chars(4),
      h: bytes(2),
      i: u64,
      j: Part,
      k: array(u32, 3),
    });
    const views = new Views(big!), view = S.view(views);
    const value = {
      a: 0.5,
      b: 7,
      c: 2 ** 40,
      d: -1.25,
      e: 200,
      f: 65535,
      g: "é!",
      h: new Uint8Array([8, 9]),
      i: 5n,
      j: { x: 1, y: 2 },
      k: [1, 2, 3],
    };
    for (const offset of [2 ** 31 - 16, 2 ** 31, 2 ** 31 + 8, 3 * 2 ** 30, 2 ** 32 - S.byteLength]) {
      S.moveTo(view, offset);
      S.assign(view, value);
      assertEquals(S.toObject(view), value);
      const high = new Views(big!, offset, S.byteLength);
      assertEquals(S.toObject(S.view(high)), value);
      assertEquals([high.f64[0], high.u8[S.fields[4].byteOffset]], [0.5, 200]);
      const copy = S.alloc();
      S.copy(view, copy);
      assertEquals(S.toObject(copy), value);
      high.u8.fill(0);
    }
    // One step further, its last fields would wrap to the first bytes.
    assertThrows(() => S.moveTo(view, 2 ** 32 - S.byteLength + 8), RangeError, "must be a multiple of 8 from 0 to");
    assertThrows(() => S.view(views, 2 ** 32 - S.byteLength + 8), RangeError, "must lie within 4294967296");
    const short = S.view(new Views(big!, 0, 3 * 2 ** 30));
    assertThrows(() => S.moveTo(short, 3 * 2 ** 30), RangeError, "received 3221225472");
    S.moveTo(short, 3 * 2 ** 30 - S.byteLength);
    short.a = 2;
    S.moveTo(short, 0);
    assertEquals(short.a, 0);
  });
});
