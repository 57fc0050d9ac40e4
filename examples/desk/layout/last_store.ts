import { store } from "../../../lib/atomic/mod.ts";
import type { AnyStruct, ViewOf } from "../../../mod.ts";

/**
 * Makes the store of a field of one byte after which a record counts as done. It stays after all stores before it,
 * whatever the compiler and the processor do: a successor of a dead process finds either the field as it was, or all of
 * them.
 *
 * @throws {RangeError} If there is no such field of one byte.
 */
export function lastStore<S extends AnyStruct>(layout: S, name: string): (record: ViewOf<S>, value: number) => void {
  const field = layout.fields.find((field) => field.name === name);
  if (field?.byteLength !== 1) {
    throw new RangeError(`Cannot end a record of ${layout.name} with '${name}' as it must be a field of one byte`);
  }
  const { byteOffset } = field;
  // Pairs with the plain read by a successor, to which the dead process's role, an atomic word, was handed on.
  return (record, value) => store(layout.viewsOf(record).u8, layout.byteOffsetOf(record) + byteOffset, value);
}
