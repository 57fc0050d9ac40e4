import type { AnyStruct, Field } from "../../layout/mod.ts";

/** The parts of a field that declarations read, by its kind. */
export interface FieldParts {
  readonly element?: Field;
  readonly length?: number;
}

/** A struct and all that are nested in it, each once, before those that hold it. */
export function structsIn(struct: AnyStruct): AnyStruct[] {
  const found = new Map<string, AnyStruct>();
  const visit = (one: AnyStruct): void => {
    for (const { field } of one.fields) visitField(field);
    found.set(one.schema, one);
  };
  const visitField = (field: Field): void => {
    if (isStruct(field)) visit(field);
    const { element } = field as FieldParts;
    if (field.kind === "array" && element !== undefined) visitField(element);
  };
  visit(struct);
  return [...found.values()];
}

/** Whether a field is a struct of its own. */
export function isStruct(field: Field): field is AnyStruct {
  return "toObject" in field;
}
