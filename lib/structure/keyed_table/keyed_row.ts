import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import type { TableKey } from "./places.ts";

/** The functions that a row reads with. */
export interface RowReader<S extends AnyStruct> {
  /** Copies a row, if its state has not changed. */
  readIf(row: number, state: number, into: ViewOf<S>): boolean;
  /** The state of a row now. */
  stateOf(row: number): number;
}

/**
 * A key of a {@linkcode KeyedTable} that was looked up once: reading it takes no search. It is valid until its key is
 * removed, and detects that, even when the row has another key. It holds nothing, so there is nothing to close.
 */
export class KeyedRow<S extends AnyStruct = AnyStruct> {
  /** The key. */
  readonly key: TableKey;
  /** The row's number. */
  readonly row: number;
  readonly #reader: RowReader<S>;
  readonly #state: number;

  /** Made by `KeyedTable.find`. */
  constructor(key: TableKey, row: number, state: number, reader: RowReader<S>) {
    this.key = key;
    this.row = row;
    this.#state = state;
    this.#reader = reader;
  }

  /**
   * Copies the key's latest value.
   *
   * @param into The target: a view made with the layout's `alloc()`.
   * @returns False if the key was not written since it was added, or was removed; the content of `into` is then
   * undefined.
   * @throws {ClosedError} If the segment was closed.
   */
  read(into: ViewOf<S>): boolean {
    return this.#reader.readIf(this.row, this.#state, into);
  }

  /**
   * Whether the key has been there all the time: one that was removed and added again has to be found again.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get isCurrent(): boolean {
    return this.#reader.stateOf(this.row) === this.#state;
  }
}
