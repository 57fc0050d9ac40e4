/**
 * Words, for higher floors: what users get, and what hot paths are made with.
 *
 * @module
 */
export * from "./mod.ts";
export { endUnusedThreads } from "./futex.ts";
export { specialize } from "./specialize.ts";
export type { WordAccess, WordAccessOptions } from "./word_access.ts";
export { wordAccess, wordLoader } from "./word_accesses.ts";
export { endPolling, isTurnDue, lifeLooks, lookSoon, pollEachTurn, quickLooks, slowLooks } from "./async/looks.ts";
