import type { WaitOptions } from "../../sync/mod.ts";

/** For the blocking forms, where they must not block: they look once, and count no refusal. */
export const NOW: WaitOptions = { timeoutMs: 0 };
