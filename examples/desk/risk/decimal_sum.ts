import { digitsOf, POWERS } from "../input/decimal.ts";

/** A sum of decimals without rounding: an integer, and how many of its digits are after the point. */
export class DecimalSum {
  units: number;
  digits: number;

  /** Begins with 0 by default. */
  constructor(units = 0, digits = 0) {
    this.units = units;
    this.digits = digits;
  }

  /** The number nearest to the sum. */
  get value(): number {
    return this.units / POWERS[this.digits];
  }

  /** Adds a decimal. @returns False, and the sum is what it was, if the new one would not be exact. */
  add(decimal: number): boolean {
    const digits = digitsOf(decimal);
    return digits === digits && this.#addUnits(Math.round(decimal * POWERS[digits]), digits);
  }

  /** Adds another sum. @returns As `add` does. */
  addSum(other: DecimalSum): boolean {
    return this.#addUnits(other.units, other.digits);
  }

  /** Whether both are the same number. */
  equals(other: DecimalSum): boolean {
    const difference = new DecimalSum(-other.units, other.digits);
    return difference.addSum(this) && difference.units === 0;
  }

  #addUnits(units: number, digits: number): boolean {
    const most = Math.max(digits, this.digits);
    const own = this.units * POWERS[most - this.digits], others = units * POWERS[most - digits], sum = own + others;
    if (![own, others, sum].every(Number.isSafeInteger)) return false;
    this.units = sum;
    this.digits = most;
    return true;
  }
}
