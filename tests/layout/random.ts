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
  type Struct,
  struct,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "../../lib/layout/mod.ts";

/** A small generator of numbers, so that a failure can be run again from its seed. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to n − 1. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  field(depth = 0): Field {
    switch (this.below(depth < 3 ? 8 : 6)) {
      case 0:
        return decimal(this.below(16));
      case 1:
        return chars(1 + this.below(20));
      case 2:
        return bytes(1 + this.below(20));
      case 3: {
        const max = this.pick([10, 60000, 4000000000]);
        return enumeration({ zero: 0, int: 1, top: max });
      }
      case 6:
        return array(this.field(depth + 1), 1 + this.below(4));
      case 7:
        return this.struct(depth + 1);
      default:
        return this.pick([u8, i8, u16, i16, u32, i32, f32, f64, bool, u64, i64, u53]);
    }
  }

  /** Every struct gets a name of its own; some fields are named as C keywords are. */
  struct(depth = 0): Struct {
    const fields: Record<string, Field> = {};
    for (let i = 1 + this.below(6); i > 0; i--) {
      fields[this.pick(["f", "int", "double", "unix", "x_", "_Bool"]) + (this.below(2) === 0 ? "" : i)] = this.field(
        depth,
      );
    }
    return struct(`S${structs++}`, fields);
  }
}

let structs = 0;
