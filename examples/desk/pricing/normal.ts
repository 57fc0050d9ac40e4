/**
 * The normal distribution.
 *
 * @module
 */

/** 1 / √(2π). */
const DENSITY_AT_0 = 0.3989422804014327;

/** Beyond that many deviations the probability is below the smallest number. */
const FARTHEST = 38.5;

/** From here on a continued fraction is more exact than the quotient of polynomials. */
const SPLIT = 7.07106781186547;

/** The density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return DENSITY_AT_0 * Math.exp(-0.5 * x * x);
}

/**
 * The probability that a standard normal variable is at most x, to 15 digits.
 *
 * Source: J. Hart, "Computer Approximations" (1968), algorithm 5666, as given by G. West, "Better approximations to
 * cumulative normal functions" (2005).
 */
export function normalProbability(x: number): number {
  const distance = Math.abs(x);
  if (distance > FARTHEST) return x > 0 ? 1 : 0;
  const exponential = Math.exp(-0.5 * distance * distance);
  let tail: number;
  if (distance < SPLIT) {
    let above = 3.52624965998911e-2 * distance + 0.700383064443688;
    above = above * distance + 6.37396220353165;
    above = above * distance + 33.912866078383;
    above = above * distance + 112.079291497871;
    above = above * distance + 221.213596169931;
    above = above * distance + 220.206867912376;
    let below = 8.83883476483184e-2 * distance + 1.75566716318264;
    below = below * distance + 16.064177579207;
    below = below * distance + 86.7807322029461;
    below = below * distance + 296.564248779674;
    below = below * distance + 637.333633378831;
    below = below * distance + 793.826512519948;
    below = below * distance + 440.413735824752;
    tail = exponential * above / below;
  } else {
    let fraction = distance + 0.65;
    for (let i = 4; i >= 1; i--) fraction = distance + i / fraction;
    tail = exponential * DENSITY_AT_0 / fraction;
  }
  return x > 0 ? 1 - tail : tail;
}
