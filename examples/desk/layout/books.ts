import type { OrderBookOptions } from "../book/order_book_geometry.ts";

/** How an instrument's book is made: a future's takes all that an exchange sends, an option's is far shorter. */
export function bookOptions(isShort: boolean): OrderBookOptions {
  return isShort ? { levels: 1024, copies: 4 } : { levels: 8192, copies: 4 };
}
