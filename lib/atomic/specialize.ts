/** A foreign helper that a bundler or a coverage tool calls within a function. */
const FOREIGN_CALL = /\b(?:__|cov_)\w+\s*\(/;

/** A function that holds another one, as makers do. */
function sample(): () => void {
  const kept = () => {};
  return kept;
}

/**
 * Whether a bundler keeps functions' names by its own helper, which minifying may have renamed: then the name of the
 * inner function stands in the source text as a string.
 */
const keepsNames = /["'`]kept["'`]/.test(sample.toString());

/** Engines share profiles between functions of equal source text, hence a number in each. */
let serial = 0;

/**
 * Makes a copy of a *maker*: an ordinary function that refers to its parameters only and returns closures over them.
 *
 * Engines share one profile among all closures created from the same code, and once two exist they no longer treat
 * captured variables as constants: typed arrays, their addresses and their lengths are then loaded and checked at each
 * access. A copy is run once, so what its closures capture stays constant, and each has a profile of its own. In Bun
 * that makes a ring two to three times as fast.
 *
 * Makers live in `*_path.ts` files, which have type imports only and export nothing else, so that the compiler refuses
 * every name that the copy would not find. Where code from strings is not allowed, or where a bundler has put its own
 * helper into the maker, the maker itself is returned: the same behaviour, slower.
 *
 * @param make The maker.
 * @returns A copy of it, to be run once.
 */
export function specialize<F extends (...args: never[]) => unknown>(make: F): F {
  const source = make.toString();
  if (keepsNames || FOREIGN_CALL.test(source)) return make;
  try {
    return new Function(`"use strict"; /* ${serial++} */ return (${source});`)() as F;
  } catch {
    // An EvalError where a policy forbids it; a SyntaxError where the source text of functions is not kept.
    return make;
  }
}
