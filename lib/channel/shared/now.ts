import type { WaitOptions } from "../../sync/mod.ts";

/** Options for the blocking forms where they must not block: they check once, and count no refusal. */
export const NOW: WaitOptions = { timeoutMs: 0 };
