/**
 * Stands in for `lib/atomic/specialize.ts`: what is explored is the maker itself.
 *
 * @module
 */

/** The maker. */
export function specialize<F>(make: F): F {
  return make;
}
