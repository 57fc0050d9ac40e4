/** The best prices of a book, as rows and records hold them. */
interface Best {
  readonly bidQuantity: number;
  readonly askQuantity: number;
  readonly isBidKnown: boolean;
  readonly isAskKnown: boolean;
}

/** Whether there is a price between the best bid and the best ask: both are there, and known to be it. */
export function isTwoSided({ bidQuantity, askQuantity, isBidKnown, isAskKnown }: Best): boolean {
  return isBidKnown && isAskKnown && bidQuantity > 0 && askQuantity > 0;
}
