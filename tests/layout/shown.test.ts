import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { array, bool, bytes, chars, f64, i64, Segment, SpscRing, struct, u8 } from "@shmkit/shmkit";

const Point = struct("Point", { x: f64, y: f64 });
const All = struct("All", {
  price: f64,
  id: i64,
  side: bool,
  at: Point,
  path: array(Point, 2),
  flags: array(u8, 3),
  name: chars(8),
  raw: bytes(2),
});
const values = {
  price: 1.5,
  id: -(2n ** 60n),
  side: true,
  at: { x: 1, y: 2 },
  path: [{ x: 3, y: 4 }, { x: 5, y: 6 }],
  flags: [7, 8, 9],
  name: "BTC",
  raw: Uint8Array.of(10, 11),
};
const json = { ...values, id: `${values.id}`, raw: [10, 11] };

/** A view of memory of its own, and one that a producer hands out. */
function views() {
  const own = All.alloc(), segment = Segment.anonymous({ byteLength: 1 << 16 });
  const claimed = segment.create("ring", SpscRing, { layout: All, capacity: 2 }).producer().claim()!;
  for (const view of [own, claimed]) All.assign(view, values);
  return { own, claimed, segment };
}

describe("a view", () => {
  it("becomes JSON: bigints as texts, bytes as numbers", () => {
    const { own, claimed, segment } = views();
    for (const view of [own, claimed]) {
      assertEquals(JSON.parse(JSON.stringify(view)), json);
      assertEquals(JSON.parse(JSON.stringify([view.at, view.path, view.path.get(1), view.flags])), [
        json.at,
        json.path,
        json.path[1],
        json.flags,
      ]);
    }
    segment.close();
  });

  it("is shown by its struct's name and its values", () => {
    const { own, claimed, segment } = views();
    for (const view of [own, claimed]) {
      assertEquals(inspect(view), `All ${inspect(values)}`);
      assertEquals(inspect(view.at), `Point ${inspect(values.at)}`);
      assertEquals(inspect(view.path), inspect(values.path));
    }
    const { Deno } = globalThis as { Deno?: { inspect(value: unknown): string } };
    if (Deno !== undefined) assertEquals(Deno.inspect(own), `All ${Deno.inspect(values)}`);
    segment.close();
    assertEquals([inspect(claimed), inspect(claimed.path)], [
      "All (its segment was closed)",
      "(its segment was closed)",
    ]);
  });

  it("takes no field that it does not have, in JavaScript either", () => {
    const { own, claimed, segment } = views();
    const all = [own, claimed].flatMap((view) => [view, view.at, view.path, view.path.get(0), view.flags]);
    for (const view of all as Record<string, unknown>[]) {
      assertThrows(() => void (view.prise = 1), TypeError);
      assertEquals(view.prise, undefined);
    }
    segment.close();
  });

  it("may have fields named like the methods that show it", () => {
    const Odd = struct("Odd", { toJSON: f64, inspect: f64 });
    const view = Odd.alloc();
    view.toJSON = 2;
    assertEquals([view.toJSON, Odd.toObject(view), inspect(view)], [2, { toJSON: 2, inspect: 0 }, inspect(view)]);
  });
});
