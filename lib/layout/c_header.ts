import { cName } from "./c_name.ts";
import type { Field, FieldKind } from "./field.ts";
import type { Struct } from "./struct_type.ts";

const TYPES: { readonly [K in FieldKind]?: string } = {
  u8: "uint8_t",
  i8: "int8_t",
  u16: "uint16_t",
  i16: "int16_t",
  u32: "uint32_t",
  i32: "int32_t",
  f32: "float",
  f64: "double",
  bool: "uint8_t",
  u64: "uint64_t",
  i64: "int64_t",
  u53: "uint64_t",
  decimal: "int64_t",
  chars: "char",
  bytes: "uint8_t",
};

/**
 * Prints a struct, and those nested in it, as a header for C11 and C++11: the same bytes, with a static assertion for
 * every offset and size. Several headers can be included together, and have a struct in common.
 *
 * Names that are reserved, in C or C++, get an underscore at the end (`int_`) or, if compilers keep such names for
 * themselves, an `x` in front (`x__FILE__`). A field named as the type of one beside it gets an underscore, too. The
 * members of enumerations become macros `Struct_field_member`, with underscores at the end where another name of the
 * header is the same. A struct named as a function of the C library needs another name to be used beside it. The macro
 * `SHMKIT_Struct_HASH` is the hash of the schema: `shmkit_check_hash` of `interop/c/shmkit.h` compares it with an
 * object's.
 *
 * @param struct The struct.
 * @returns The header's text.
 * @throws {TypeError} If two different structs in it have the same name.
 *
 * @example
 * ```ts
 * import { cHeader, f64, struct } from "@shmkit/shmkit";
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes(cHeader(struct("Quote", { bid: f64 })), "double bid;");
 * ```
 */
export function cHeader(struct: Struct): string {
  const structs = new Map<string, Struct>(), taken = new Set<string>();
  collect(struct, structs);
  for (const each of structs.values()) {
    taken.add(cName(each.name));
    for (const member of memberNames(each)) taken.add(member);
  }
  return [
    "#include <assert.h>\n#include <stddef.h>\n#include <stdint.h>",
    "#ifndef __cplusplus\n#include <stdalign.h>\n#endif",
    ...[...structs.values()].map((each) => section(each, taken)),
  ].join("\n\n") + "\n";
}

/** Nested structs come before those that hold them, each once. */
function collect(struct: Struct, structs: Map<string, Struct>): void {
  const { name, schema } = struct, known = structs.get(name);
  if (known !== undefined && known.schema !== schema) {
    throw new TypeError(`Cannot print a C header as struct names must be unique: received two different ${name}`);
  }
  if (known !== undefined) return;
  for (const { field } of struct.fields) {
    const inner = innermost(field);
    if (inner.kind === "struct") collect(inner as Struct, structs);
  }
  structs.set(name, struct);
}

function innermost(field: Field): Field {
  while (field.kind === "array") field = field.element!;
  return field;
}

/** What C calls the fields of a struct. */
function memberNames(struct: Struct): string[] {
  const inner = struct.fields.map(({ field }) => innermost(field));
  const types = inner.filter(({ kind }) => kind === "struct").map(cType);
  return struct.fields.map(({ name }) => cName(name, types));
}

/** A struct with its constants and assertions, and a guard of its own, as other headers may hold it too. */
function section(struct: Struct, taken: Set<string>): string {
  const type = cName(struct.name),
    members = memberNames(struct),
    schemaHash = hash(struct.schema),
    guard = `SHMKIT_${struct.name}_${schemaHash}`;
  // Guards never end like this: they end with eight digits.
  const constants = [`#define SHMKIT_${struct.name}_HASH UINT32_C(0x${schemaHash})`];
  const lines: string[] = [], asserts: string[] = [];
  struct.fields.forEach(({ name, field, byteOffset }, i) => {
    const inner = innermost(field), member = members[i];
    for (const [key, value] of inner.members ?? []) {
      constants.push(`#define ${constantName(`${struct.name}_${name}_${key}`, taken)} UINT32_C(${value})`);
    }
    lines.push(`  ${cType(inner)} ${member}${dimensions(field)};${comment(inner)}`);
    asserts.push(`static_assert(offsetof(${type}, ${member}) == ${byteOffset}, "${shown(`${struct.name}.${name}`)}");`);
  });
  asserts.push(`static_assert(sizeof(${type}) == ${struct.byteLength}, "${shown(struct.name)}");`);
  asserts.push(`static_assert(alignof(${type}) == ${struct.alignment}, "${shown(struct.name)}");`);
  const parts = [
    `#ifndef ${guard}\n#define ${guard}`,
    constants.join("\n"),
    `typedef struct ${type} {\n${lines.join("\n")}\n} ${type};`,
    asserts.join("\n"),
    "#endif",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A macro replaces every word of its name, so no struct, field or other macro of the header may have it. */
function constantName(name: string, taken: Set<string>): string {
  name = cName(name);
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}

/** Distinguishes two structs of one name (32-bit FNV-1a): included together, they must fail and not be skipped. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** A name for a message: compilers need not take strings of more than 4095 characters. */
function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}...` : name;
}

function cType(field: Field): string {
  if (field.kind === "struct") return cName((field as Struct).name);
  return TYPES[field.kind === "enumeration" ? field.storage! : field.kind]!;
}

function dimensions(field: Field): string {
  if (field.kind === "array") return `[${field.length}]${dimensions(field.element!)}`;
  return field.kind === "chars" || field.kind === "bytes" ? `[${field.length}]` : "";
}

function comment({ kind, scale, members }: Field): string {
  switch (kind) {
    case "decimal":
      return ` /* value * 10^${scale} */`;
    case "u53":
      return " /* at most 2^53 - 1 */";
    case "bool":
      return " /* 0 or 1 */";
    case "chars":
      return " /* UTF-8, padded with NUL, not terminated when full */";
    case "enumeration":
      return ` /* ${[...members!.keys()].slice(0, 8).join(", ")}${members!.size > 8 ? ", ..." : ""} */`;
    default:
      return "";
  }
}
