/**
 * Atomic accesses as source text, for generated code: a function that all code shares sees many kinds of arrays and
 * costs a nanosecond or two where it is inlined.
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { compilerBarrier, load, store } from "./atomics.ts";

/** What the text refers to, by name. */
export const INLINE_NAMES: Readonly<Record<string, unknown>> = { compilerBarrier, load, store };

/**
 * The text of a `load`.
 *
 * @param words The name of a variable that holds the array.
 * @param index An expression.
 * @returns An expression: `load` of the word.
 */
export function loadText(words: string, index: string | number): string {
  return hasTotalStoreOrder() ? `(compilerBarrier[0] = 0, ${words}[${index}])` : `load(${words}, ${index})`;
}

/**
 * The text of a store that publishes.
 *
 * @param words The name of a variable that holds the array.
 * @param index An expression.
 * @param value An expression.
 * @returns A statement: `release` of the word where the variable `isFenced` is true, else `store`.
 */
export function publishText(words: string, index: string | number, value: string): string {
  const store = `store(${words}, ${index}, ${value});`;
  return hasTotalStoreOrder() ? `if (isFenced) ${words}[${index}] = ${value}; else ${store}` : store;
}
