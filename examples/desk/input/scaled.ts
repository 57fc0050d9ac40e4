/**
 * Prices and quantities are integers: so many hundred-millionths, as numbers. They are exact up to 2^53, so up to
 * 90 million with all eight digits, and compare and add without rounding.
 *
 * @module
 */

/** Digits behind the point that are kept. */
export const SCALE_DIGITS = 8;

/** What 1 is as a scaled integer. */
export const ONE: number = 10 ** SCALE_DIGITS;

/** The scaled integer next to a number. */
export function toScaled(value: number): number {
  return Math.round(value * ONE);
}

/** A scaled integer as the number that is nearest to it. */
export function fromScaled(scaled: number): number {
  return scaled / ONE;
}
