/**
 * Stands in for `lib/layout/require_layout.ts`: explored layouts are as they must be.
 *
 * @module
 */

/** The layout. */
export function requireLayout<L>(_what: string, options: { readonly layout: L }): L {
  return options.layout;
}
