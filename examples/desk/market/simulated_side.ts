import type { Levels } from "../input/levels.ts";

/** One side of a made-up book, in ticks: the best price is the last. */
export class SimulatedSide {
  readonly prices: number[] = [];
  readonly quantities: number[] = [];
  /** 1 for bids, −1 for asks: better prices times this are higher. */
  readonly #direction: 1 | -1;
  readonly #ticks: number;
  readonly #lots: number;

  /**
   * Begins empty.
   *
   * @param ticks How many make a dollar.
   * @param lots How many make a coin.
   */
  constructor(direction: 1 | -1, ticks: number, lots: number) {
    this.#direction = direction;
    this.#ticks = ticks;
    this.#lots = lots;
  }

  /** How many levels there are. */
  get length(): number {
    return this.prices.length;
  }

  /** The best price, in ticks. */
  get best(): number {
    return this.prices[this.prices.length - 1];
  }

  /** Quantity at the best price. */
  get bestQuantity(): number {
    return this.quantities[this.quantities.length - 1];
  }

  /** Adds to a price, or takes from it, and notes its new quantity. */
  add(price: number, quantity: number, changes: Levels): void {
    const { prices, quantities } = this;
    let at = prices.length;
    while (at > 0 && (prices[at - 1] - price) * this.#direction > 0) at--;
    if (at > 0 && prices[at - 1] === price) this.#setAt(at - 1, quantities[at - 1] + quantity, changes);
    else if (quantity > 0) {
      prices.splice(at, 0, price);
      quantities.splice(at, 0, quantity);
      this.#note(price, quantity, changes);
    }
  }

  /** Takes a part of a level away, and notes its new quantity. */
  reduce(index: number, quantity: number, changes: Levels): void {
    this.#setAt(index, this.quantities[index] - quantity, changes);
  }

  /** Notes all levels. */
  writeTo(levels: Levels): void {
    levels.clear();
    for (let i = this.length - 1; i >= 0; i--) this.#note(this.prices[i], this.quantities[i], levels);
  }

  #setAt(index: number, quantity: number, changes: Levels): void {
    const price = this.prices[index];
    if (quantity > 0) this.quantities[index] = quantity;
    else {
      this.prices.splice(index, 1);
      this.quantities.splice(index, 1);
    }
    this.#note(price, Math.max(quantity, 0), changes);
  }

  #note(price: number, quantity: number, changes: Levels): void {
    changes.push(price / this.#ticks, quantity / this.#lots); // the nearest to the decimal
  }
}
