/**
 * Books in which everything follows from their sequence number, so that a torn or half-changed one shows itself.
 *
 * @module
 */
import type { BookReading, BookUpdate, OrderBookOptions } from "../../mod.ts";

/** How the shared book is made. */
export const BOOK: OrderBookOptions = { levels: 64, copies: 4, priceDigits: 0, quantityDigits: 0 };

/** Levels of each side of a whole sample. */
const LEVELS = 40;

/** The middle, which no order has as its price. */
const MIDDLE = 1_000_000;

/** Which level is missing. */
function hole(sequence: number): number {
  return 1 + sequence * 7 % LEVELS;
}

/**
 * The change that leads to a sequence number: one level a side comes, one goes, a third are changed. Every third level
 * of a side has the sequence number and its distance as its quantity, the others those of an earlier one.
 */
export function fillChange(update: BookUpdate, sequence: number): void {
  update.clear();
  update.first = update.last = sequence;
  update.previous = sequence - 1;
  update.time = sequence * 2;
  for (const [levels, direction] of [[update.bids, -1], [update.asks, 1]] as const) {
    const gone = hole(sequence - 1), going = hole(sequence);
    levels.push(MIDDLE + direction * gone, sequence + gone);
    levels.push(MIDDLE + direction * going, 0);
    for (let i = 1; i <= LEVELS; i += 3) if (i !== going) levels.push(MIDDLE + direction * i, sequence + i);
  }
}

/** The whole book of a sequence number. */
export function fillSnapshot(update: BookUpdate, sequence: number): void {
  fillChange(update, sequence);
  for (const [levels, direction] of [[update.bids, -1], [update.asks, 1]] as const) {
    levels.clear();
    for (let i = LEVELS; i >= 1; i--) if (i !== hole(sequence)) levels.push(MIDDLE + direction * i, sequence + i);
  }
}

/** What is wrong with a book that was read; undefined if nothing. */
export function faultOf(book: BookReading): string | undefined {
  const { sequence } = book;
  if (book.time !== sequence * 2) return `time ${book.time} at ${sequence}`;
  const sides = [
    ["bids", -1, book.bids, book.bidPrices, book.bidQuantities],
    ["asks", 1, book.asks, book.askPrices, book.askQuantities],
  ] as const;
  for (const [side, direction, count, prices, quantities] of sides) {
    if (count !== Math.min(LEVELS - 1, book.depth)) return `${count} ${side} at ${sequence}`;
    for (let i = 0, distance = 1; i < count; i++, distance++) {
      if (distance === hole(sequence)) distance++;
      if (prices[i] !== MIDDLE + direction * distance) return `${side} ${i} costs ${prices[i]} at ${sequence}`;
      const quantity = quantities[i] - distance;
      if (distance % 3 === 1 ? quantity !== sequence : quantity > sequence) {
        return `${side} ${i}: ${quantities[i]} at ${sequence}`;
      }
    }
  }
  return undefined;
}

/** An order book as simple as can be. */
export class BookModel {
  readonly bids: Map<number, number> = new Map();
  readonly asks: Map<number, number> = new Map();

  /** Applies a change, or a whole book. */
  apply(update: BookUpdate, isWhole: boolean): void {
    for (const side of ["bids", "asks"] as const) {
      const levels = this[side], { prices, quantities, length } = update[side];
      if (isWhole) levels.clear();
      for (let i = 0; i < length; i++) {
        if (quantities[i] === 0) levels.delete(prices[i]);
        else levels.set(prices[i], quantities[i]);
      }
    }
  }

  /** The best levels of a side, as pairs. */
  best(side: "bids" | "asks", depth: number): [price: number, quantity: number][] {
    const direction = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([a], [b]) => (a - b) * direction).slice(0, depth);
  }

  /** What a side offers up to a price. */
  quantityTo(side: "bids" | "asks", price: number): number {
    const isCounted = (found: number) => side === "bids" ? found >= price : found <= price;
    return [...this[side]].filter(([found]) => isCounted(found)).reduce((sum, [, quantity]) => sum + quantity, 0);
  }

  /** The mean price of so much. */
  averagePrice(side: "bids" | "asks", size: number): number {
    let cost = 0, rest = size;
    for (const [price, quantity] of this.best(side, Infinity)) {
      const taken = Math.min(rest, quantity);
      cost += price * taken;
      rest -= taken;
      if (rest <= 0) return cost / size;
    }
    return NaN;
  }
}
