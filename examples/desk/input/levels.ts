const FIRST_CAPACITY = 64;

/** Digits take 5 bits. */
const MOST_DIGITS = 31;

/** How many digits after the point a price and a quantity were sent with, as one number. */
export function digitsCode(priceDigits: number, quantityDigits: number): number {
  return Math.min(priceDigits, MOST_DIGITS) << 5 | Math.min(quantityDigits, MOST_DIGITS);
}

/** A list of prices and quantities that is filled over and over: it grows, and never shrinks. All are decimals. */
export class Levels {
  /** How many there are; what lies after them is left over from before. */
  length = 0;
  /** The prices. */
  prices: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** The quantities: 0 takes the level away. */
  quantities: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** How many digits after the point each was sent with, where that matters (`check/checksum.ts`). */
  digits: Uint16Array = new Uint16Array(FIRST_CAPACITY);

  /** The lowest price; ∞ if there is none. */
  get lowest(): number {
    let lowest = Infinity;
    for (let i = 0; i < this.length; i++) lowest = Math.min(lowest, this.prices[i]);
    return lowest;
  }

  /** The highest price; −∞ if there is none. */
  get highest(): number {
    let highest = -Infinity;
    for (let i = 0; i < this.length; i++) highest = Math.max(highest, this.prices[i]);
    return highest;
  }

  /** Forgets all. */
  clear(): void {
    this.length = 0;
  }

  /** Adds one at the end. */
  push(price: number, quantity: number, digits = 0): void {
    if (this.length === this.prices.length) this.#grow();
    this.prices[this.length] = price;
    this.digits[this.length] = digits;
    this.quantities[this.length++] = quantity;
  }

  /** Becomes equal to another list. */
  copyFrom(other: Levels): void {
    this.clear();
    for (let i = 0; i < other.length; i++) this.push(other.prices[i], other.quantities[i], other.digits[i]);
  }

  #grow(): void {
    const { prices, quantities, digits } = this;
    this.prices = new Float64Array(prices.length * 2);
    this.prices.set(prices);
    this.quantities = new Float64Array(quantities.length * 2);
    this.quantities.set(quantities);
    this.digits = new Uint16Array(digits.length * 2);
    this.digits.set(digits);
  }
}
