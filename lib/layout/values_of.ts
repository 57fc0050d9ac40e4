import type { AnyStruct, ViewOf } from "./struct_type.ts";

/**
 * A record's values, whatever its bytes are: an enumeration's value that has no name is shown as a text that says so.
 *
 * @param layout The struct.
 * @param view A view of it.
 */
export function valuesOf<S extends AnyStruct>(layout: S, view: ViewOf<S>): Record<string, unknown> {
  try {
    return layout.toObject(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const values: Record<string, unknown> = {};
  for (const { name, field } of layout.fields as AnyStruct["fields"]) {
    try {
      const value = (view as Record<string, unknown>)[name];
      values[name] = "toObject" in field ? valuesOf(field as AnyStruct, value as ViewOf<AnyStruct>) : value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      values[name] = "not a value of its enumeration";
    }
  }
  return values;
}
