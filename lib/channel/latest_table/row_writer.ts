import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";

/**
 * The vocabulary of everything that writes rows. A record is written where no process reads, and published by one
 * store.
 */
export interface RowWriter<S extends AnyStruct> {
  /**
   * Writes a row and publishes it.
   *
   * @param row Index of the row.
   * @param value A view, copied as it is; or an object, whose fields are checked: what it leaves out keeps its value.
   * @throws {RangeError} If there is no such row, or a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly write: (row: number, value: ViewOf<S> | Partial<ValueOf<S>>) => void;

  /**
   * Begins to write a row. No reader sees it before `commit`; beginning another row, or this one again, discards it.
   *
   * @param row Index of the row.
   * @returns The record to fill, with the row's current value in it. It is the same view each time, and throws
   * `RangeError` once the row was committed or discarded.
   * @throws {RangeError} If there is no such row.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly begin: (row: number) => ViewOf<S>;

  /**
   * Publishes the row that was begun.
   *
   * @throws {TypeError} If no row was begun.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly commit: () => void;
}
