/**
 * Prices and quantities are decimals as exchanges send them, each held as the number that is nearest to it. Up to 15
 * digits, two decimals are equal exactly if their numbers are, are in the order of their numbers, and are found again
 * from them. So nothing is scaled, and nothing is too large or too small for a scale. Only sums are another matter:
 * `DecimalSum`.
 *
 * @module
 */

/** The most digits that count, from the first that is not 0 to the last. */
export const MOST_DIGITS = 15;

/** The most digits after the point. */
export const MOST_FRACTION_DIGITS = 15;

/** Numbers from here on are no decimals. */
export const DECIMAL_LIMIT = 1e15;

/** Powers of ten that are exact. */
export const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** How many digits after the point a decimal has, zeros at its end left out; NaN for what is not a number. */
export function digitsOf(decimal: number): number {
  for (let digits = 0; digits <= MOST_FRACTION_DIGITS; digits++) {
    const units = Math.round(decimal * POWERS[digits]);
    if (units / POWERS[digits] === decimal) return Math.abs(units) < DECIMAL_LIMIT ? digits : NaN;
  }
  return NaN;
}

/** A whole number of times a decimal, as a decimal. */
export function timesDecimal(count: number, decimal: number): number {
  const power = POWERS[digitsOf(decimal)];
  return count * Math.round(decimal * power) / power;
}
