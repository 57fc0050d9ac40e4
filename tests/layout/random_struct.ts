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
import type { Random } from "../../support/random.ts";

const SIMPLE: readonly Field[] = [u8, i8, u16, i16, u32, i32, f32, f64, bool, u64, i64, u53];

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)];
}

/** Any field; nested at most three deep. */
export function randomField(random: Random, depth = 0): Field {
  switch (random.below(depth < 3 ? 8 : 6)) {
    case 0:
      return decimal(random.below(16));
    case 1:
      return chars(1 + random.below(20));
    case 2:
      return bytes(1 + random.below(20));
    case 3:
      return enumeration({ zero: 0, int: 1, top: pick(random, [10, 60000, 4000000000]) });
    case 6:
      return array(randomField(random, depth + 1), 1 + random.below(4));
    case 7:
      return randomStruct(random, depth + 1);
    default:
      return pick(random, SIMPLE);
  }
}

/** Every struct gets a name of its own; some fields are named as C keywords are. */
export function randomStruct(random: Random, depth = 0): Struct {
  const fields: Record<string, Field> = {};
  for (let i = 1 + random.below(6); i > 0; i--) {
    const name = pick(random, ["f", "int", "double", "unix", "x_", "_Bool"]);
    fields[name + (random.below(2) === 0 ? "" : i)] = randomField(random, depth);
  }
  return struct(`S${structs++}`, fields);
}

let structs = 0;
