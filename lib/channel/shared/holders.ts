import { load } from "../../atomic/mod.ts";
import type { PartHolder } from "../../memory/internal.ts";

/**
 * The holders that role words name, alive or not.
 *
 * @param words Where they lie.
 * @param roles What each of them is called, and its index.
 */
export function holdersOf(words: Int32Array, roles: Readonly<Record<string, number>>): PartHolder[] {
  return Object.entries(roles).map(([as, word]) => ({ as, id: load(words, word) })).filter(({ id }) => id > 0);
}
