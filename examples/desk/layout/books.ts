import type { OrderBookOptions } from "../../../mod.ts";

/** Prices and quantities are as their venues send them: of any 15 digits. */
export const ALL_DIGITS: Pick<OrderBookOptions, "priceDigits" | "quantityDigits"> = {
  priceDigits: 15,
  quantityDigits: 15,
};

/** How an instrument's book is made: a future's takes all that an exchange sends, an option's is far shorter. */
export function bookOptions(isShort: boolean): OrderBookOptions {
  return { levels: isShort ? 1024 : 8192, copies: 4, ...ALL_DIGITS };
}
