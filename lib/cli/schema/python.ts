import type { AnyStruct, Field, FieldKind } from "../../layout/mod.ts";
import { namesFor } from "./names.ts";
import { isStruct, structsIn } from "./structs.ts";

const TYPES: { readonly [K in FieldKind]?: string } = {
  u8: "c_uint8",
  i8: "c_int8",
  u16: "c_uint16",
  i16: "c_int16",
  u32: "c_uint32",
  i32: "c_int32",
  f32: "c_float",
  f64: "c_double",
  bool: "c_bool",
  u64: "c_uint64",
  i64: "c_int64",
  u53: "c_uint64",
  decimal: "c_int64",
};

/** Python's keywords, and what the declarations themselves use. */
const RESERVED: ReadonlySet<string> = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield ctypes").split(" "),
);

/** Names that mean something to the classes of `ctypes`. */
const OF_CTYPES = /^(?:__|_fields_$|_pack_$|_anonymous_$|_align_$|_layout_$|_swappedbytes_$)/;

/**
 * Declares a struct, and those nested in it, for Python's `ctypes`, with an assertion for every offset and size:
 * `Quote.from_buffer(memory, offset)` is a view of one.
 */
export function pythonDeclaration(struct: AnyStruct): string {
  const structs = structsIn(struct), names = namesFor(structs, RESERVED);
  return ["import ctypes", ...structs.map((one) => classText(one, names))].join("\n\n\n") + "\n";
}

function classText({ name, fields, byteLength, schema }: AnyStruct, names: ReadonlyMap<string, string>): string {
  const own = names.get(schema)!;
  const members = fields.map((field) => ({ ...field, pythonName: nameOf(field.name, fields) }));
  return [
    `class ${own}(ctypes.Structure):`,
    `    """The struct ${name} of shmkit."""`,
    "    _fields_ = [",
    ...members.map(({ pythonName, field }) => `        ("${pythonName}", ${typeOf(field, names)}),${remark(field)}`),
    "    ]",
    "",
    "",
    ...members.map(({ pythonName, byteOffset }) => `assert ${own}.${pythonName}.offset == ${byteOffset}`),
    `assert ctypes.sizeof(${own}) == ${byteLength}`,
  ].join("\n");
}

function nameOf(name: string, fields: AnyStruct["fields"]): string {
  let free = name;
  const isTaken = () => free !== name && fields.some((other) => other.name === free);
  while (RESERVED.has(free) || isTaken() || (OF_CTYPES.test(free) && free === name)) free += "_";
  // A class keeps names with two underscores in front for itself.
  return free.startsWith("__") ? `x${free}` : free;
}

function typeOf(field: Field, names: ReadonlyMap<string, string>): string {
  if (isStruct(field)) return names.get(field.schema)!;
  if (field.kind === "array") return `${typeOf(field.element!, names)} * ${field.length}`;
  if (field.kind === "chars") return `ctypes.c_char * ${field.length}`;
  if (field.kind === "bytes") return `ctypes.c_uint8 * ${field.length}`;
  if (field.kind === "enumeration") return `ctypes.c_uint${field.byteLength * 8}`;
  return `ctypes.${TYPES[field.kind]}`;
}

function remark(field: Field): string {
  const { kind, scale, members, element } = field;
  if (kind === "array") return remark(element!);
  if (kind === "decimal") return `  # in units of 10**-${scale}`;
  if (kind === "chars") return "  # UTF-8, padded with NUL";
  if (kind === "enumeration") return `  # ${[...members!].map(([name, value]) => `${value} ${name}`).join(", ")}`;
  return "";
}
