import type { AnyStruct } from "../../layout/mod.ts";

/**
 * A name for each struct, in a language that reserves some: those get underscores at the end until no other has them.
 */
export function namesFor(structs: readonly AnyStruct[], reserved: ReadonlySet<string>): Map<string, string> {
  const names = new Map<string, string>(), taken = new Set(reserved);
  for (const { name, schema } of structs) {
    let free = name;
    while (taken.has(free)) free += "_";
    taken.add(free);
    names.set(schema, free);
  }
  return names;
}
