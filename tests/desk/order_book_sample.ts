/**
 * Books in which everything follows from their sequence number, so that a torn or half-changed one shows itself.
 *
 * @module
 */
import type { BookTop } from "../../examples/desk/book/book_top.ts";
import type { OrderBookOptions } from "../../examples/desk/book/order_book_geometry.ts";
import type { DepthEvent } from "../../examples/desk/input/events.ts";

/** How the shared book is made. */
export const BOOK: OrderBookOptions = { levels: 64, copies: 4 };

/** Levels of each side of a whole sample. */
export const LEVELS = 40;

/** The middle, which no order has as its price. */
const MIDDLE = 1_000_000;

/**
 * The change that leads to a sequence number: one level a side comes, one goes, two are changed. Level i of a side has
 * the quantity that the last multiple of it gives, and the best one the sequence number itself.
 */
export function fillChange(event: DepthEvent, sequence: number): void {
  event.isSnapshot = false;
  event.first = event.last = sequence;
  event.previous = sequence - 1;
  event.exchangeMs = sequence * 2;
  event.bids.clear();
  event.asks.clear();
  for (const [levels, direction] of [[event.bids, -1], [event.asks, 1]] as const) {
    const gone = hole(sequence - 1), going = hole(sequence);
    levels.push(MIDDLE + direction * gone, sequence + gone); // back in its place, told by its neighbours below
    levels.push(MIDDLE + direction * going, 0);
    for (let i = 1; i <= LEVELS; i += 3) if (i !== going) levels.push(MIDDLE + direction * i, sequence + i);
  }
}

/** The whole book of a sequence number. */
export function fillSnapshot(event: DepthEvent, sequence: number): void {
  fillChange(event, sequence);
  event.isSnapshot = true;
  event.bids.clear();
  event.asks.clear();
  for (const [levels, direction] of [[event.bids, -1], [event.asks, 1]] as const) {
    for (let i = LEVELS; i >= 1; i--) {
      if (i !== hole(sequence)) levels.push(MIDDLE + direction * i, sequence + i);
    }
  }
}

/** What is wrong with a book that was read; undefined if nothing. */
export function faultOf(top: BookTop): string | undefined {
  const { sequence } = top;
  if (top.exchangeMs !== sequence * 2) return `time ${top.exchangeMs} at ${sequence}`;
  const sides = [
    ["bids", -1, top.bids, top.bidPrices, top.bidQuantities],
    ["asks", 1, top.asks, top.askPrices, top.askQuantities],
  ] as const;
  for (const [side, direction, count, prices, quantities] of sides) {
    const expected = Math.min(LEVELS - 1, top.depth);
    if (count !== expected) return `${count} ${side} at ${sequence}`;
    for (let i = 0, distance = 1; i < count; i++, distance++) {
      if (distance === hole(sequence)) distance++;
      if (prices[i] !== MIDDLE + direction * distance) return `${side} ${i} costs ${prices[i]} at ${sequence}`;
      const exact = distance % 3 === 1, quantity = quantities[i] - distance;
      if (exact ? quantity !== sequence : quantity > sequence) {
        return `${side} ${i} has ${quantities[i]} at ${sequence}`;
      }
    }
  }
  return undefined;
}

/** Which level is missing. */
function hole(sequence: number): number {
  return 1 + sequence * 7 % LEVELS;
}
