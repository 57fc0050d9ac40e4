import type { AnyStruct, Field } from "../../layout/mod.ts";
import { namesFor } from "./names.ts";
import { isStruct, structsIn } from "./structs.ts";

/** What a module's constants cannot be called. */
const RESERVED: ReadonlySet<string> = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public " +
    "return static super switch this throw true try typeof var void while with yield undefined NaN Infinity").split(
      " ",
    ),
);

/** What the package calls the fields that structs are made of. */
const IMPORTS = ["array", "bool", "bytes", "chars", "decimal", "enumeration", "f32", "f64", "i8", "i16", "i32", "i64"]
  .concat(["struct", "u8", "u16", "u32", "u53", "u64"]);

/** Declares a struct, and those nested in it, as a program that uses the package does: with the same schema text. */
export function typescriptDeclaration(struct: AnyStruct): string {
  const structs = structsIn(struct),
    names = namesFor(structs, new Set([...RESERVED, ...IMPORTS])),
    used = new Set(["struct"]);
  const declarations = structs.map(({ name, fields, schema }) => {
    const lines = fields.map((field) => `  ${field.name}: ${textOf(field.field, names, used)},`);
    return [`export const ${names.get(schema)} = struct("${name}", {`, ...lines, "});"].join("\n");
  });
  const imports = IMPORTS.filter((name) => used.has(name)).join(", ");
  return [`import { ${imports} } from "@shmkit/shmkit";`, ...declarations].join("\n\n") + "\n";
}

function textOf(field: Field, names: ReadonlyMap<string, string>, used: Set<string>): string {
  if (isStruct(field)) return names.get(field.schema)!;
  used.add(field.kind);
  switch (field.kind) {
    case "array":
      return `array(${textOf(field.element!, names, used)}, ${field.length})`;
    case "chars":
    case "bytes":
      return `${field.kind}(${field.length})`;
    case "decimal":
      return `decimal(${field.scale})`;
    case "enumeration":
      return `enumeration({ ${[...field.members!].map(([name, value]) => `${name}: ${value}`).join(", ")} })`;
    default:
      return field.kind;
  }
}
