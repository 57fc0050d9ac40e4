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
export { checkSoon, endPolling, isTurnDue, lifeChecks, pollEachTurn, quickChecks, slowChecks } from "./async/checks.ts";
