import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  array,
  bool,
  bytes,
  chars,
  decimal,
  enumeration,
  f64,
  type FieldArray,
  struct,
  u64,
  type ValueOf,
  type View,
  type ViewOf,
} from "../../lib/layout/mod.ts";

const Level = struct("Level", { price: decimal(2), size: f64 });
const Order = struct("Order", {
  price: f64,
  live: bool,
  side: enumeration("buy", "sell"),
  type: enumeration({ limit: 0, market: 1 }),
  name: chars(8),
  raw: bytes(2),
  id: u64,
  best: Level,
  levels: array(Level, 2),
  sizes: array(f64, 2),
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <_ extends true>(): void => {};

describe("inferred types", () => {
  it("of values and views are those of the fields", () => {
    same<Equal<ValueOf<typeof Level>, { price: number; size: number }>>();
    same<Equal<ValueOf<typeof Order>["side"], "buy" | "sell">>();
    same<Equal<ValueOf<typeof Order>["type"], "limit" | "market">>();
    same<Equal<ValueOf<typeof Order>["levels"], { price: number; size: number }[]>>();
    type OrderView = ViewOf<typeof Order>;
    same<Equal<OrderView["price"], number>>();
    same<Equal<OrderView["live"], boolean>>();
    same<Equal<OrderView["side"], "buy" | "sell">>();
    same<Equal<OrderView["name"], string>>();
    same<Equal<OrderView["raw"], Uint8Array>>();
    same<Equal<OrderView["id"], bigint>>();
    same<Equal<OrderView["best"], ViewOf<typeof Level>>>();
    same<Equal<OrderView["sizes"], FieldArray<number, number>>>();
    // @ts-expect-error the members are "buy" and "sell"
    same<Equal<OrderView["side"], string>>();
    const view: View<{ price: typeof f64 }> = Order.alloc();
    assertEquals(view.price, 0);
  });

  it("refuse at compile time what setters refuse", () => {
    const order = Order.alloc();
    // @ts-expect-error no number
    assertThrows(() => order.price = "1", TypeError);
    // @ts-expect-error no member
    assertThrows(() => order.side = "hold", RangeError);
    // @ts-expect-error no bigint
    assertThrows(() => order.id = 1, TypeError);
    // @ts-expect-error a nested struct is set by its fields
    assertThrows(() => order.best = Level.alloc(), TypeError);
    // @ts-expect-error an array is set by its elements
    assertThrows(() => order.sizes = [1, 2], TypeError);
    // @ts-expect-error no such field
    assertEquals(order.nope, undefined);
    // @ts-expect-error no such key
    assertThrows(() => Order.assign(order, { nope: 1 }), TypeError);
    // @ts-expect-error a number
    assertThrows(() => order.sizes.set(0, "1"), TypeError);
    // @ts-expect-error a view of another struct
    assertThrows(() => Order.copy(Level.alloc(), order), TypeError);
  });
});
