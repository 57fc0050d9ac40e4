import type { Field, NumberKind } from "./field.ts";
import { gone, refuse, type ViewState } from "./slots.ts";

/**
 * One kind of number: the shift from bytes to elements, the test that refuses a value, and the accepted values in
 * words.
 */
interface NumberCode {
  readonly shift: number;
  readonly refused: string;
  readonly accepted: string;
}

const integer = (shift: number, refused: string, from: number, to: number): NumberCode => ({
  shift,
  refused: `typeof v !== "number" || ${refused} !== v`,
  accepted: `an integer from ${from} to ${to}`,
});

/**
 * The least number that rounds to an infinite 32-bit float: halfway between the largest finite one, which is odd, and
 * the next power of two.
 */
const F32_OVERFLOW = 2 ** 128 - 2 ** 103;

const NUMBERS: { readonly [K in NumberKind]: NumberCode } = {
  u8: integer(0, "(v & 255)", 0, 255),
  i8: integer(0, "(v << 24 >> 24)", -128, 127),
  u16: integer(1, "(v & 65535)", 0, 65535),
  i16: integer(1, "(v << 16 >> 16)", -32768, 32767),
  u32: integer(2, "(v >>> 0)", 0, 4294967295),
  i32: integer(2, "(v | 0)", -2147483648, 2147483647),
  f32: {
    shift: 2,
    refused: `typeof v !== "number" || Math.abs(v) >= ${F32_OVERFLOW} && Math.abs(v) !== Infinity`,
    accepted: "a number that does not overflow a 32-bit float",
  },
  f64: { shift: 3, refused: 'typeof v !== "number"', accepted: "a number" },
};

/** The names that the code of one field may use. All are fragments of source text. */
export interface Scope {
  /** The typed array of a kind. */
  array(kind: string): string;
  /**
   * The position in bytes. It may exceed 2^31, so it is shifted with `>>>` only; `moveTo` keeps it below 2^32. It may
   * be the variable `at` plus something: no variable of a field's code has that name.
   */
  readonly at: string;
  /** The field's name in messages. */
  readonly label: string;
  /** The place that keeps a subarray between accesses. */
  readonly part: string;
  /** Whether views must not write. */
  readonly readOnly: boolean;
  /** A further condition, after "or", under which the struct cannot be written; or nothing. */
  readonly isGone: string;
  /** Makes a name for a value, for use in the code. */
  constant(value: unknown): string;
}

/** The index of the element at a position. */
const index = (at: string, shift: number): string => shift === 0 ? at : `(${at}) >>> ${shift}`;

/**
 * A missing element means a detached buffer, or a retired view; where neither has ever happened the test is free.
 */
const present = (value: string, scope: Scope): string => `if (${value} === undefined) ${goneText(scope, "read")};`;

/** A call that throws the reason why a field is missing. Engines inline short functions, so it has few arguments. */
function goneText({ label, constant }: Scope, verb: string): string {
  if (!isConstant(label)) return `gone(this, ${label}, "${verb}")`;
  const what = JSON.parse(label);
  return `${constant((view: ViewState) => gone(view, what, verb))}(this)`;
}

/** Whether a label is a text by itself, not an expression that makes one. */
function isConstant(label: string): boolean {
  return /^"[^"]*"$/.test(label);
}

/**
 * Before a write, only the array's length is checked, for closed memory: `moveTo` ensures that the struct lies within
 * the array. Loading the element, before or after, would wait for a cache line that another processor holds or is about
 * to take, and comparing the index with the length costs Bun four times the store.
 */
const there = (array: string, scope: Scope): string =>
  `if (${array}.length === 0${scope.isGone}) ${goneText(scope, "set")};`;

/** One element of a typed array: `get` makes the result from `v`, `put` the element from `v`. */
function element(kind: string, shift: number, scope: Scope, get: string): string {
  return `const v = ${scope.array(kind)}[${index(scope.at, shift)}]; ${present("v", scope)} return ${get};`;
}

function storeElement(kind: string, shift: number, scope: Scope, put: string): string {
  return `const a = ${scope.array(kind)}, i = ${index(scope.at, shift)}; ${there("a", scope)} a[i] = ${put};`;
}

/** Two halves of 64 bits: `get` makes the result from `low` and `high`. */
function halves(scope: Scope, get: string): string {
  return `const a = ${scope.array("u32")}, i = ${index(scope.at, 2)}, low = a[i], high = a[i + 1]; ` +
    `${present("high", scope)} return ${get};`;
}

function storeHalves(scope: Scope): string {
  return `const a = ${scope.array("u32")}, i = ${index(scope.at, 2)}, low = n >>> 0; ${
    there("a", scope)
  } a[i] = low; a[i + 1] = (n - low) * 2.3283064365386963e-10;`;
}

/**
 * @param field A field that can be set.
 * @param scope The names that the code may use.
 * @returns The body of its getter.
 */
export function readCode(field: Field, scope: Scope): string {
  const { kind, length = 0 } = field;
  switch (kind) {
    case "bool":
      return element("u8", 0, scope, "v !== 0");
    case "u64":
    case "i64":
      return element(kind, 3, scope, "v");
    case "u53":
      return halves(scope, "high * 4294967296 + low");
    case "decimal":
      // Both operands are exact up to 2^53 units, so that the quotient is the double nearest to the decimal.
      return halves(scope, `((high | 0) * 4294967296 + low) / ${10 ** field.scale!}`);
    case "chars":
      return `return readText(${scope.array("u8")}, ${scope.at}, ${length}) ?? ${goneText(scope, "read")};`;
    case "bytes":
      return `return ${scope.readOnly ? "copyBytes" : "bytesAt"}(this, ${scope.part}, ${scope.at}, ${length}) ` +
        `?? ${goneText(scope, "read")};`;
    case "enumeration": {
      const names = scope.constant(new Map([...field.members!].map(([name, value]) => [value, name])));
      const { shift } = NUMBERS[field.storage!];
      return element(field.storage!, shift, scope, `${names}.get(v) ?? unnamed(${scope.label}, v)`);
    }
    default:
      return element(kind, NUMBERS[kind as NumberKind].shift, scope, "v");
  }
}

/**
 * @param field A field that can be set.
 * @param scope The names that the code may use.
 * @returns The body of its setter, whose parameter is `v`; it refuses before it writes.
 */
export function writeCode(field: Field, scope: Scope): string {
  const { kind, length = 0 } = field;
  if (scope.readOnly) return `refuseReadOnly(${scope.label});`;
  const check = (refused: string, accepted: string, type = "number", article = "a"): string => {
    const named = `${article} ${kind}`;
    if (!isConstant(scope.label)) {
      return `if (${refused}) refuse(${scope.label}, "${named}", "${accepted}", "${type}", v); `;
    }
    const what = JSON.parse(scope.label);
    return `if (${refused}) ${scope.constant((v: unknown) => refuse(what, named, accepted, type, v))}(v); `;
  };
  switch (kind) {
    case "bool":
      return check('typeof v !== "boolean"', "true or false", "boolean") + storeElement("u8", 0, scope, "v ? 1 : 0");
    case "u64":
      return check('typeof v !== "bigint" || BigInt.asUintN(64, v) !== v', "a bigint from 0 to 2^64 - 1", "bigint") +
        storeElement(kind, 3, scope, "v");
    case "i64":
      return check(
        'typeof v !== "bigint" || BigInt.asIntN(64, v) !== v',
        "a bigint from -2^63 to 2^63 - 1",
        "bigint",
        "an",
      ) + storeElement(kind, 3, scope, "v");
    case "u53":
      return check(
        'typeof v !== "number" || !(v >= 0 && v <= 9007199254740991) || Math.floor(v) !== v',
        "an integer from 0 to 9007199254740991",
      ) + "const n = v; " + storeHalves(scope);
    case "decimal":
      return `const n = typeof v === "number" ? Math.round(v * ${10 ** field.scale!}) : NaN; ` +
        check(
          "!(n > -9223372036854775808 && n < 9223372036854775808)",
          `a number within 2^63 units of 10^-${field.scale}`,
        ) +
        storeHalves(scope);
    case "chars":
      return check('typeof v !== "string"', "a string", "string") +
        `const u8 = ${scope.array("u8")}, from = ${scope.at}; ${there("u8", scope)} ` +
        `const reason = writeText(u8, from, ${length}, v); ` +
        `if (reason !== undefined) refuse(${scope.label}, "chars(${length})", "a string " + reason, "string", v);`;
    case "bytes":
      return `if (!(v instanceof Uint8Array) || v.length !== ${length}) ` +
        `refuse(${scope.label}, "bytes(${length})", "a Uint8Array of length ${length}", v instanceof Uint8Array ? "object" : "", v); ` +
        `const u8 = ${scope.array("u8")}, from = ${scope.at}; ${there("u8", scope)} u8.set(v, from);`;
    case "enumeration": {
      const { shift } = NUMBERS[field.storage!];
      return `const n = ${scope.constant(field.members)}.get(v); if (n === undefined) ` +
        `refuse(${scope.label}, "an enumeration", ${JSON.stringify(oneOf(field))}, "string", v); ` +
        storeElement(field.storage!, shift, scope, "n");
    }
    default: {
      const { refused, accepted, shift } = NUMBERS[kind as NumberKind];
      return check(refused, accepted, "number", kind.startsWith("u") ? "a" : "an") +
        storeElement(kind, shift, scope, "v");
    }
  }
}

/** The names of an enumeration for a message. */
function oneOf(field: Field): string {
  const names = [...field.members!.keys()];
  return `one of ${names.slice(0, 16).join(", ")}${names.length > 16 ? ", …" : ""}`;
}
