import type { Field, FieldKind } from "./field.ts";
import type { Struct } from "./struct_type.ts";

/** What C11 and C23 reserve, and what common compilers and the included headers define as macros. */
const RESERVED: ReadonlySet<string> = new Set(
  ("alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false " +
    "float for goto if inline int linux long nullptr offsetof register restrict return short signed sizeof static " +
    "static_assert struct switch thread_local true typedef typeof typeof_unqual union unix unsigned void volatile while " +
    "NULL _Alignas _Alignof _Atomic _BitInt _Bool _Complex _Decimal128 _Decimal32 _Decimal64 _Generic _Imaginary " +
    "_Noreturn _Static_assert _Thread_local").split(" "),
);

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
 * Prints a struct, and those nested in it, as a C11 header: the same bytes, with a static assertion for every offset and
 * size. Names that C reserves get an underscore at the end; the members of enumerations become constants
 * `Struct_field_member`.
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
  const guard = `SHMKIT_${struct.name.toUpperCase()}_H`;
  const sections = new Map<string, string>(), schemas = new Map<string, string>();
  collect(struct, sections, schemas);
  return [
    `#ifndef ${guard}\n#define ${guard}`,
    "#include <stddef.h>\n#include <stdint.h>",
    ...sections.values(),
    `#endif\n`,
  ].join("\n\n");
}

/** Nested structs come before those that hold them, each once. */
function collect(struct: Struct, sections: Map<string, string>, schemas: Map<string, string>): void {
  const { name, schema } = struct, known = schemas.get(name);
  if (known !== undefined && known !== schema) {
    throw new TypeError(`Cannot print a C header as struct names must be unique: received two different ${name}`);
  }
  if (known !== undefined) return;
  schemas.set(name, schema);
  for (const { field } of struct.fields) {
    const inner = innermost(field);
    if (inner.kind === "struct") collect(inner as Struct, sections, schemas);
  }
  sections.set(name, section(struct));
}

function innermost(field: Field): Field {
  while (field.kind === "array") field = field.element!;
  return field;
}

function section(struct: Struct): string {
  const type = cName(struct.name), taken = new Set(struct.fields.map(({ name }) => name));
  const constants: string[] = [], lines: string[] = [], asserts: string[] = [];
  for (const { name, field, byteOffset } of struct.fields) {
    const member = cName(name, taken);
    const inner = innermost(field);
    for (const [key, value] of inner.members ?? []) {
      constants.push(`#define ${struct.name}_${name}_${key} UINT32_C(${value})`);
    }
    lines.push(`  ${cType(inner)} ${member}${dimensions(field)};${comment(inner)}`);
    asserts.push(`_Static_assert(offsetof(${type}, ${member}) == ${byteOffset}, "${struct.name}.${name}");`);
  }
  asserts.push(`_Static_assert(sizeof(${type}) == ${struct.byteLength}, "${struct.name}");`);
  asserts.push(`_Static_assert(_Alignof(${type}) == ${struct.alignment}, "${struct.name}");`);
  const body = `typedef struct ${type} {\n${lines.join("\n")}\n} ${type};\n\n${asserts.join("\n")}`;
  return constants.length > 0 ? `${constants.join("\n")}\n\n${body}` : body;
}

/** A name that C accepts and that no other field has. */
function cName(name: string, taken: ReadonlySet<string> = new Set()): string {
  if (!RESERVED.has(name)) return name;
  do name += "_"; while (taken.has(name));
  return name;
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
