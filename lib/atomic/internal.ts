/**
 * Words, for higher floors: what users get, and what hot paths are made with.
 *
 * @module
 */
export * from "./mod.ts";
export { specialize } from "./specialize.ts";
export { type WordAccess, wordAccess, type WordAccessOptions, wordLoader } from "./word_access.ts";
