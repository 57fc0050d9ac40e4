import { isStruct } from "./struct.ts";
import type { AnyStruct } from "./struct_type.ts";

/**
 * Refuses options without a layout: a program must state the layout of a shared thing's records.
 *
 * @param what The kind of thing, with an article.
 * @param options The user's options.
 * @returns The layout.
 * @throws {TypeError} If the options have no `layout`, or it was not made by `struct`.
 */
export function requireLayout(what: string, options: unknown): AnyStruct {
  const layout = (options as { layout?: unknown } | null | undefined)?.layout;
  if (isStruct(layout)) return layout;
  throw new TypeError(
    `Cannot use ${what} as its options must have a 'layout' made by struct(): received ${describe(options, layout)}`,
  );
}

function describe(options: unknown, layout: unknown): string {
  if (isStruct(options)) return `the struct ${options.name} in place of options, so give { layout: ${options.name} }`;
  if (typeof options !== "object" || options === null) {
    return `${options === null ? "null" : typeof options} as options`;
  }
  if (layout === undefined) return "options without it";
  return layout === null ? "null" : Array.isArray(layout) ? "an array" : `${typeof layout}`;
}
