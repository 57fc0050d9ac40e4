/**
 * What comes into the desk's books besides its own orders. Both are functions of the market alone, so a process that
 * checks the books comes to the same.
 *
 * @module
 */
import type { TradeEvent } from "../input/events.ts";

/** Of so many trades of the future, one is a client's with the desk. */
const TRADES_PER_CLIENT = 4;
/** Options held at first: of three in a row one is sold, one bought. */
const SOLD = -25, BOUGHT = 5;

/** What is held of an option when it is first seen. Below 0, sold. */
export function openingQuantity(instrument: number): number {
  return instrument % 3 === 1 ? SOLD : instrument % 3 === 2 ? BOUGHT : 0;
}

/** What the desk buys in a trade of the future, as the passive side; 0 if it has no part in it. */
export function clientQuantity({ id, quantity, isTakerBuy }: TradeEvent): number {
  if (id % TRADES_PER_CLIENT !== 0) return 0;
  return isTakerBuy ? -quantity : quantity;
}
