import { STRUCT, type ViewState } from "./slots.ts";
import type { Struct } from "./struct_type.ts";

/**
 * @param struct A struct.
 * @param value Anything.
 * @returns Whether the value is a view of the struct or of an equal one.
 */
export function isViewOf(struct: Struct, value: unknown): boolean {
  const made = structOf(value);
  return made === struct || (made !== undefined && made.schema === struct.schema);
}

/**
 * Refuses anything but a view of the struct: a view of another layout would be misread.
 *
 * @param struct A struct.
 * @param value Anything.
 * @throws {TypeError} If the value is not a view of the struct or of an equal one.
 */
export function requireView(struct: Struct, value: unknown): void {
  if (isViewOf(struct, value)) return;
  throw new TypeError(
    `Cannot use a value as a view of ${struct.name} as it must be one: received ${
      structOf(value)?.name ?? typeof value
    }`,
  );
}

function structOf(value: unknown): Struct | undefined {
  return typeof value === "object" ? (value as ViewState | null)?.[STRUCT] as Struct | undefined : undefined;
}
