/** What a field holds; a struct may be a field of another one. */
export type FieldKind =
  | NumberKind
  | "bool"
  | "i64"
  | "u64"
  | "u53"
  | "decimal"
  | "chars"
  | "bytes"
  | "enumeration"
  | "array"
  | "struct";

/** The kinds that are one element of a typed array. */
export type NumberKind = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "f64";

/**
 * The description of one field: its bytes and, as type parameters, its values. `V` is what a view's property returns,
 * `P` the plain value in an object, and `S` whether the property can be set (nested structs and arrays cannot; their
 * parts can).
 */
export interface Field<V = unknown, P = unknown, S extends boolean = boolean> {
  /** What it holds. */
  readonly kind: FieldKind;
  /** How many bytes it takes. */
  readonly byteLength: number;
  /** What its offset is a multiple of, by the C ABI of x86-64 and arm64. */
  readonly alignment: number;
  /** Its canonical text. */
  readonly schema: string;
  /** Whether a view's property can be set. */
  readonly settable: S;
  /** How deep structs and arrays are nested in it: 0 for all others. */
  readonly depth: number;
  /** The digits after the point of a `decimal`. */
  readonly scale?: number;
  /** The bytes of `chars` and `bytes`, the elements of an `array`. */
  readonly length?: number;
  /** What an `array` holds. */
  readonly element?: Field;
  /** The names of an `enumeration` and their values. */
  readonly members?: ReadonlyMap<string, number>;
  /** How an `enumeration` is stored. */
  readonly storage?: "u8" | "u16" | "u32";
  /** Never set: it carries the types. */
  readonly types?: readonly [view: V, value: P];
}

/** The elements of an `array` field. They move with its view. */
export interface FieldArray<V = unknown, P = unknown> extends Iterable<V> {
  /** How many elements. */
  readonly length: number;
  /**
   * Returns an element.
   *
   * @param index From 0 to length − 1.
   * @returns The element; of structs and arrays, a view which is made once.
   * @throws {RangeError} If the index is out of range.
   * @throws {ClosedError} If the segment was closed.
   */
  get(index: number): V;
  /**
   * Sets an element.
   *
   * @param index From 0 to length − 1.
   * @param value Checked as by the setter of a field. A struct or an array is written part by part, so a refusal leaves
   * the parts before it written; `assign` on the outer view writes all or nothing.
   * @throws {RangeError} If the index or the value is out of range.
   * @throws {ReadOnlyError} If the view is read-only.
   * @throws {ClosedError} If the segment was closed.
   */
  set(index: number, value: P): void;
  /**
   * Copies all elements.
   *
   * @returns The plain values.
   */
  toArray(): P[];
}

/** No struct, array or range of bytes is larger. */
export const MAX_BYTE_LENGTH = 2 ** 31 - 1;

/** Structs and arrays are nested no deeper. */
export const MAX_DEPTH = 16;

/** Schema texts are no longer. */
export const MAX_SCHEMA_LENGTH = 65536;

/** The form of the names of structs, fields and enumeration members: they are C identifiers too. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Refuses a name that is not a C identifier, or would reach an object's prototype.
 *
 * @param what What is named.
 * @param name Its name.
 * @throws {TypeError} If the name cannot be used.
 */
export function checkName(what: string, name: unknown): void {
  if (typeof name !== "string" || !IDENTIFIER.test(name) || name === "__proto__" || name === "constructor") {
    throw new TypeError(
      `Cannot name ${what} as a name must be a C identifier other than __proto__ and constructor: received ${
        JSON.stringify(name) ?? String(name)
      }`,
    );
  }
}

function simple<V>(kind: FieldKind, byteLength: number): Field<V, V, true> {
  return { kind, byteLength, alignment: byteLength, schema: kind, settable: true, depth: 0 };
}

/** An integer from 0 to 255; `uint8_t` in C. */
export const u8: Field<number, number, true> = simple("u8", 1);
/** An integer from −128 to 127; `int8_t` in C. */
export const i8: Field<number, number, true> = simple("i8", 1);
/** An integer from 0 to 65,535; `uint16_t` in C. */
export const u16: Field<number, number, true> = simple("u16", 2);
/** An integer from −32,768 to 32,767; `int16_t` in C. */
export const i16: Field<number, number, true> = simple("i16", 2);
/** An integer from 0 to 4,294,967,295; `uint32_t` in C. */
export const u32: Field<number, number, true> = simple("u32", 4);
/** An integer from −2,147,483,648 to 2,147,483,647; `int32_t` in C. */
export const i32: Field<number, number, true> = simple("i32", 4);
/**
 * A number, rounded to the nearest 32-bit float; `float` in C. A finite number that would round to an infinite one is
 * refused; `Infinity` itself and `NaN` are not.
 */
export const f32: Field<number, number, true> = simple("f32", 4);
/** Any number; `double` in C. */
export const f64: Field<number, number, true> = simple("f64", 8);
/** `true` or `false`; `uint8_t` in C, where any byte but 0 reads as `true`. */
export const bool: Field<boolean, boolean, true> = simple("bool", 1);
/** A bigint from 0 to 2^64 − 1; `uint64_t` in C. Bigints are allocated: prefer `u53` in hot paths. */
export const u64: Field<bigint, bigint, true> = simple("u64", 8);
/** A bigint from −2^63 to 2^63 − 1; `int64_t` in C. Bigints are allocated: prefer `decimal(0)` in hot paths. */
export const i64: Field<bigint, bigint, true> = simple("i64", 8);
/**
 * An integer from 0 to 2^53 − 1 as a number; `uint64_t` in C. Not atomic: it is two halves. A value beyond 2^53 − 1
 * that C stored reads as the nearest double, which `Number.isSafeInteger` detects.
 */
export const u53: Field<number, number, true> = simple("u53", 8);

/**
 * A number with a fixed count of digits after the point, such as a price; in C an `int64_t` of 10^−scale units. Not
 * atomic: it is two halves.
 *
 * Reading returns the double nearest to the decimal. Writing rounds to the nearest unit; a decimal of at most `scale`
 * digits comes back as the same double up to 2^51 units (22 million at scale 8). Beyond that the last unit is subject
 * to the rounding of doubles, and beyond 2^53 units the precision is a double's.
 *
 * @param scale The digits after the point, 0 to 15.
 * @returns The field.
 * @throws {RangeError} If the scale is out of range.
 *
 * @example
 * ```ts
 * import { decimal, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const trade = struct("Trade", { price: decimal(8) }).alloc();
 * trade.price = 0.1 + 0.2;
 * assertEquals(trade.price, 0.3);
 * ```
 */
export function decimal(scale: number): Field<number, number, true> {
  if (!Number.isInteger(scale) || scale < 0 || scale > 15) {
    throw new RangeError(`Cannot create a decimal as 'scale' must be an integer from 0 to 15: received ${scale}`);
  }
  scale += 0; // -0 would print as "0" but compare as another scale
  return { ...simple<number>("decimal", 8), schema: `decimal(${scale})`, scale };
}

function checkLength(what: string, unit: number, length: number): void {
  if (!Number.isInteger(length) || length < 1 || length * unit > MAX_BYTE_LENGTH) {
    throw new RangeError(
      `Cannot create ${what} as its length must be a positive integer and its size at most ${MAX_BYTE_LENGTH} bytes: ` +
        `received ${length}`,
    );
  }
}

/**
 * Text in at most `length` bytes of UTF-8, padded with NUL; a text of exactly `length` bytes has none. `char[length]`
 * in C. Text that is longer, holds NUL or is ill-formed (a lone surrogate) is refused, never cut. Bytes that are not
 * UTF-8 read as U+FFFD.
 *
 * @param length The bytes.
 * @returns The field.
 * @throws {RangeError} If the length is not a positive integer.
 */
export function chars(length: number): Field<string, string, true> {
  checkLength("chars", 1, length);
  return { ...simple<string>("chars", length), alignment: 1, schema: `chars(${length})`, length };
}

/**
 * Exactly `length` bytes; `uint8_t[length]` in C. A view returns the memory itself, not a copy, and keeps the
 * `Uint8Array` until it is moved; a read-only view returns a copy, as nothing else protects the memory from writes.
 * Setting copies.
 *
 * @param length The bytes.
 * @returns The field.
 * @throws {RangeError} If the length is not a positive integer.
 */
export function bytes(length: number): Field<Uint8Array, Uint8Array, true> {
  checkLength("bytes", 1, length);
  return { ...simple<Uint8Array>("bytes", length), alignment: 1, schema: `bytes(${length})`, length };
}

/**
 * A fixed count of elements of one kind, structs and arrays included; an array in C.
 *
 * @param element What it holds.
 * @param length How many.
 * @returns The field; views show it as a {@linkcode FieldArray}.
 * @throws {RangeError} If the length is not a positive integer, or the array is too large or nested too deep.
 */
export function array<V, P, S extends boolean>(
  element: Field<V, P, S>,
  length: number,
): Field<FieldArray<V, P>, P[], false> {
  checkLength("an array", element.byteLength, length);
  const schema = `[${element.schema};${length}]`;
  const depth = element.depth + 1;
  checkDepth("an array", depth, schema);
  const byteLength = element.byteLength * length;
  return { kind: "array", byteLength, alignment: element.alignment, schema, settable: false, depth, element, length };
}

/**
 * Refuses a layout that is nested too deep or has too long a schema.
 *
 * @param what What is created.
 * @param depth How deep it is nested.
 * @param schema Its text.
 * @throws {RangeError} If either is too much.
 */
export function checkDepth(what: string, depth: number, schema: string): void {
  if (depth > MAX_DEPTH) {
    throw new RangeError(`Cannot create ${what} as its nesting must be at most ${MAX_DEPTH} deep: received ${depth}`);
  }
  if (schema.length > MAX_SCHEMA_LENGTH) {
    throw new RangeError(
      `Cannot create ${what} as its schema must have at most ${MAX_SCHEMA_LENGTH} characters: received ${schema.length}`,
    );
  }
}

/**
 * One of a set of names, stored as the smallest of `uint8_t`, `uint16_t` and `uint32_t` that holds all values. Reading
 * a stored value without a name throws a `RangeError`.
 *
 * @param members The names, numbered from 0, or one object of names and their values.
 * @returns The field; its type is the union of the names.
 * @throws {TypeError} If there is no name, or one is not a C identifier.
 * @throws {RangeError} If a value is not an integer from 0 to 2^32 − 1, or has two names.
 *
 * @example
 * ```ts
 * import { enumeration, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const order = struct("Order", { side: enumeration("buy", "sell"), type: enumeration({ limit: 1, market: 2 })
 * }).alloc(); order.side = "sell";
 * assertEquals(order.side, "sell");
 * ```
 */
export function enumeration<const N extends string>(...members: readonly N[]): Field<N, N, true>;
/** A name for each of some values. */
export function enumeration<N extends string>(members: Readonly<Record<N, number>>): Field<N, N, true>;
export function enumeration(
  first?: string | Readonly<Record<string, number>>,
  ...rest: readonly string[]
): Field<string, string, true> {
  const pairs: [string, number][] = typeof first === "object" && first !== null
    ? Object.entries(first)
    : first === undefined
    ? []
    : [first, ...rest].map((name, index) => [name, index]);
  const members = new Map<string, number>(), values = new Set<number>();
  for (const [name, value] of pairs) {
    checkName("an enumeration member", name);
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff || values.has(value) || members.has(name)) {
      throw new RangeError(
        `Cannot create an enumeration as names and values must be unique, and values integers from 0 to 4294967295: ` +
          `received ${name} = ${value}`,
      );
    }
    members.set(name, value);
    values.add(value);
  }
  if (members.size === 0) throw new TypeError("Cannot create an enumeration as it must have a member: received none");
  const max = Math.max(...values);
  const bits = max < 256 ? 8 : max < 65536 ? 16 : 32;
  const schema = `enum${bits}(${[...members].map(([name, value]) => `${name}=${value}`).join(",")})`;
  checkDepth("an enumeration", 0, schema);
  return { ...simple<string>("enumeration", bits / 8), schema, members, storage: `u${bits}` };
}
