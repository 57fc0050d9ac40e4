import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import type { TableKey } from "./places.ts";

/** What a row reads with. */
export interface RowReader<S extends AnyStruct> {
  /** Copies a row, if its state is as it was. */
  readIf(row: number, state: number, into: ViewOf<S>): boolean;
  /** The state of a row now. */
  stateOf(row: number): number;
}

/**
 * A key of a {@linkcode KeyedTable} that was looked up once: reading it takes no search. It stays good as long as its
 * key is not removed, and notices if it is, whatever its row is used for then. It holds nothing: no need to close it.
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
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if it was not written since it was added, or the key was removed; what `into` holds is then not
   * defined.
   * @throws {ClosedError} If the segment was closed.
   */
  read(into: ViewOf<S>): boolean {
    return this.#reader.readIf(this.row, this.#state, into);
  }

  /**
   * Whether the key is still there, and was all the time: one that was removed and added again has to be found again.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get isCurrent(): boolean {
    return this.#reader.stateOf(this.row) === this.#state;
  }
}
