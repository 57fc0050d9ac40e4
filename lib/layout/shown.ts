import { STRUCT, VIEWS, type ViewState } from "./slots.ts";
import type { Struct, View } from "./struct_type.ts";

/** The keys of the methods by which runtimes show a value on a console. */
export const NODE_INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
export const DENO_INSPECT: unique symbol = Symbol.for("Deno.customInspect");

/** The runtime's own way to show a value. */
export type Inspect = (value: unknown, options: unknown) => string;

/**
 * @param view A view of a struct.
 * @returns Its values, for `JSON.stringify`: bigints, which it refuses, become texts, and bytes become numbers.
 */
export function jsonOf(view: ViewState): unknown {
  return withoutBigInts((view[STRUCT] as Struct).toObject(view as unknown as View));
}

/**
 * @param view A view of a struct.
 * @param options The runtime's.
 * @param inspect The runtime's.
 * @returns The text for a console: the struct's name and the values.
 */
export function shown(view: ViewState, options: unknown, inspect: Inspect): string {
  const struct = view[STRUCT] as Struct;
  if (view[VIEWS].closed) return `${struct.name} (its segment was closed)`;
  return `${struct.name} ${inspect(struct.toObject(view as unknown as View), options)}`;
}

/**
 * @param value The value of a field, without any view in it.
 * @returns The same with texts for bigints.
 */
export function withoutBigInts(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (Array.isArray(value)) return value.map(withoutBigInts);
  if (value instanceof Uint8Array) return Array.from(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutBigInts(each)]));
}
