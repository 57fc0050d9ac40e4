import type { Field, FieldArray } from "./field.ts";
import { Source } from "./source.ts";
import type { Struct, View } from "./struct_type.ts";

/** Writes the fields an object names through a view's setters, one after the other. */
export type Apply = (view: View, values: unknown) => void;

/**
 * @param field The field.
 * @param value Its value from a view.
 * @returns The value without any view in it.
 */
export function plain(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case "struct":
      return (field as Struct).toObject(value as View);
    case "array":
      return (value as FieldArray).toArray();
    case "bytes":
      return (value as Uint8Array).slice();
    default:
      return value;
  }
}

const applies: WeakMap<Field, Apply> = new WeakMap();

/**
 * @param struct A struct.
 * @returns The function that writes objects into its views.
 */
export function applyOf(struct: Struct): Apply {
  let apply = applies.get(struct);
  if (apply === undefined) applies.set(struct, apply = makeApply(struct));
  return apply;
}

/**
 * @param struct A struct.
 * @returns A function that writes objects into views, with a profile of its own. It reads all of an object's
 * properties, which may be getters that use the same view, before it writes the first field.
 */
export function makeApply(struct: Struct): Apply {
  const source = new Source();
  const check = source.constant(checkObject), names = source.constant(new Set(struct.fields.map(({ name }) => name)));
  const reads = struct.fields.map(({ name }, i) => {
    // A field named toString would otherwise be found in every object.
    const value = name in Object.prototype ? `(Object.hasOwn(o, "${name}") ? o.${name} : undefined)` : `o.${name}`;
    return `const v${i} = ${value};`;
  });
  const writes = struct.fields.map(({ name, field }, i) => {
    const put = field.kind === "struct" || field.kind === "array"
      ? `${source.constant(replacePart)}(${source.constant(field)}, view.${name}, v${i}, "${struct.name}.${name}")`
      : `view.${name} = v${i}`;
    return `if (v${i} !== undefined) ${put};`;
  });
  return source.evaluate(
    `(view, o) => {\n${check}(o, "${struct.name}");\n` +
      `for (const key in o) if (!${names}.has(key)) ${source.constant(unknownKey)}("${struct.name}", key);\n` +
      `${[...reads, ...writes].join("\n")}\n}`,
  ) as Apply;
}

function checkObject(value: unknown, name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      `Cannot assign to ${name} as the values must be an object: received ${value === null ? "null" : typeof value}`,
    );
  }
}

function unknownKey(name: string, key: string): never {
  throw new TypeError(
    `Cannot assign to ${name} as every key must be one of its fields: received ${JSON.stringify(key)}`,
  );
}

/**
 * Writes a plain value into a nested struct or array, one field after the other.
 *
 * @param field The field.
 * @param part Its view.
 * @param value The plain value.
 * @param label Its name in messages.
 */
export function replacePart(field: Field, part: unknown, value: unknown, label: string): void {
  if (field.kind === "struct") return applyOf(field as Struct)(part as View, value);
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && "length" in value) || value.length !== field.length) {
    const found = Array.isArray(value) || ArrayBuffer.isView(value)
      ? `length ${(value as unknown[]).length}`
      : typeof value;
    throw new (found.startsWith("length") ? RangeError : TypeError)(
      `Cannot set ${label} as its value must be an array of length ${field.length}: received ${found}`,
    );
  }
  const target = part as FieldArray;
  for (let i = 0; i < target.length; i++) target.set(i, (value as unknown[])[i]);
}
