import type { Best } from "./best.ts";

type Sides = Pick<Best, "bidQuantity" | "askQuantity" | "isBidKnown" | "isAskKnown">;

/** Whether there is a price between the best bid and the best ask: both are there, and known to be it. */
export function isTwoSided({ bidQuantity, askQuantity, isBidKnown, isAskKnown }: Sides): boolean {
  return isBidKnown && isAskKnown && bidQuantity > 0 && askQuantity > 0;
}
