import { load, peek } from "../../atomic/mod.ts";
import { ChannelEnd, placesOf, refuseCommit, type RowWriter, type WriterPath } from "../../channel/internal.ts";
import { NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { isViewOf } from "../../layout/internal.ts";
import { BASE_DELTA, STATE_DELTA, USED } from "./format.ts";
import { keyAt, type TableKey } from "./places.ts";
import type { KeyChanges } from "./key_changes.ts";
import { sharedRowsPath } from "./shared_rows.ts";
import type { TableParts } from "./table_parts.ts";

/**
 * Writes rows of a {@linkcode KeyedTable}: as the one writer of all rows, or as one of the writers that own rows. Rows
 * are named by the numbers that `own` and `set` return.
 */
export class KeyedTableWriter<S extends AnyStruct = AnyStruct> implements RowWriter<S>, Disposable {
  readonly #layout: S;
  readonly #parts: TableParts<S>;
  readonly #changes: KeyChanges;
  readonly #rowOf: (key: TableKey) => number;
  readonly #end: ChannelEnd;
  readonly #rows: WriterPath<S>;
  readonly #words: Int32Array;
  readonly #isShared: boolean;
  /** The version word of row 0, and the words from one row to the next, among those of the table. */
  readonly #versionWord: number;
  readonly #rowWords: number;
  /** For each row up to the highest that was taken, whether this writer owns it. */
  #mine = new Uint8Array(0);
  #begun = -1;
  #begunState = 0;

  /** Made by `KeyedTable.writer`. */
  constructor(layout: S, parts: TableParts<S>, rowOf: (key: TableKey) => number) {
    const { region, geometry, rowsRegion, rowsGeometry, rows } = parts,
      { firstWord, rowWords } = placesOf(rowsGeometry);
    this.#layout = layout;
    this.#parts = parts;
    this.#changes = parts.changes;
    this.#rowOf = rowOf;
    this.#end = new ChannelEnd(region, "write", "writer");
    this.#words = region.views.i32;
    this.#isShared = geometry.isShared;
    this.#versionWord = geometry.rowsOffset / 4 + firstWord;
    this.#rowWords = rowWords;
    this.#rows = this.#isShared ? sharedRowsPath(layout, rowsRegion, rowsGeometry, this.#end) : rows.writer();
  }

  /**
   * Adds a key, unless it is there; where rows have writers, takes its row, unless this writer owns it already.
   *
   * @returns The row's number, to write it by.
   * @throws {RoleTakenError} If a living writer owns the row, another one of this attachment included.
   * @throws {CapacityError} If there is no room for the key.
   * @throws {RangeError} If it cannot be a key.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  own(key: TableKey): number {
    this.#end.requireOpen();
    const { log } = this.#parts, found = this.#rowOf(key);
    if (!this.#isShared) return found >= 0 ? found : this.#changes.add(key)!;
    if (found >= 0 && this.#isMine(found)) return found;
    const { row, ownerDied } = this.#changes.take(key, (row) => this.#isMine(row))!;
    if (row >= this.#mine.length) {
      const longer = new Uint8Array(Math.min(this.#parts.geometry.capacity, Math.max(64, (row + 1) * 2)));
      longer.set(this.#mine);
      this.#mine = longer;
    }
    this.#mine[row] = 1;
    // The writer that died may have published a version without noting it.
    if (ownerDied) log.note(row);
    return row;
  }

  /**
   * Adds a key, unless it is there, and writes its value: `own` and `write`.
   *
   * @param key The key.
   * @param value As for `write`.
   * @returns The row's number, to write it by.
   * @throws As `own` and `write` do; a key that was added for a value that does not fit stays, without a value.
   */
  set(key: TableKey, value: ViewOf<S> | Partial<ValueOf<S>>): number {
    const row = this.own(key);
    this.write(row, value);
    return row;
  }

  /**
   * As {@linkcode RowWriter.write}. A field that an object leaves out is zero if the key was not written yet.
   *
   * @throws {RangeError} If the row has no key, or a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this writer was closed, or the row is not its own.
   */
  write(row: number, value: ViewOf<S> | Partial<ValueOf<S>>): void {
    if (this.#admit(row)) this.#rows.write(row, value);
    else this.#writeFirst(row, value);
    this.#begun = -1;
    if (this.#isShared) this.#parts.log.note(row);
  }

  /**
   * As {@linkcode RowWriter.begin}. The record holds zeros if the key was not written yet.
   *
   * @throws As `write` does.
   */
  begin(row: number): ViewOf<S> {
    const isWritten = this.#admit(row), record = this.#rows.begin(row);
    if (!isWritten) this.#layout.copy(this.#blank(), record);
    this.#begunState = peek(this.#words, this.#stateWord(row)); // the key of a row that is this writer's stays
    this.#begun = row;
    return record;
  }

  /**
   * As {@linkcode RowWriter.commit}.
   *
   * @throws {TypeError} If no row was begun, or its key was removed meanwhile.
   */
  commit(): void {
    const row = this.#begun;
    this.#end.requireOpen();
    if (row < 0) refuseCommit();
    this.#begun = -1;
    if (load(this.#words, this.#stateWord(row)) !== this.#begunState) {
      throw new TypeError(`Cannot commit row ${row} of ${this.#end.name} as its key was removed`);
    }
    this.#rows.commit();
    if (this.#isShared) this.#parts.log.note(row);
  }

  /**
   * Removes a key whose row this writer owns. The row may be used for another key.
   *
   * @returns Whether it was there.
   * @throws {RoleTakenError} If another living writer owns its row.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  remove(key: TableKey): boolean {
    this.#end.requireOpen();
    const isMine = this.#isShared ? (row: number) => this.#isMine(row) : () => true;
    return this.#changes.remove(key, isMine, undefined, (row) => {
      if (row < this.#mine.length) this.#mine[row] = 0;
    })!;
  }

  /**
   * Releases a row that this writer took, so that others can take it. Its key and its value stay.
   *
   * @param key Its key; nothing happens if the row is not this writer's.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  disown(key: TableKey): void {
    this.#end.requireOpen();
    const row = this.#rowOf(key);
    if (row >= 0 && this.#isMine(row)) this.#disown(row);
  }

  /** Releases what it holds; a row that was begun and not committed is never seen. The second time nothing happens. */
  close(): void {
    this.#begun = -1;
    this.#rows.close();
    this.#end.close(() => {
      for (let row = this.#mine.indexOf(1); row >= 0; row = this.#mine.indexOf(1, row + 1)) this.#disown(row);
    });
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #disown(row: number): void {
    if (row === this.#begun) this.#begun = -1;
    this.#mine[row] = 0;
    this.#changes.disown(row);
  }

  #isMine(row: number): boolean {
    return this.#mine[row] === 1;
  }

  #stateWord(row: number): number {
    return keyAt(this.#parts.geometry, row) + STATE_DELTA;
  }

  /** Whether a row was written since its key was added. Refuses a row that this writer must not write. */
  #admit(row: number): boolean {
    const { geometry } = this.#parts, words = this.#words;
    if (row >>> 0 !== row || row >= geometry.capacity) this.#refuseRow(row);
    const at = keyAt(geometry, row);
    // This writer's rows keep their keys, so plain reads are exact.
    if ((peek(words, at + STATE_DELTA) & USED) === 0) this.#refuseRow(row);
    if (this.#isShared && this.#mine[row] !== 1) this.#refuseForeign(row);
    const isFirst = peek(words, this.#versionWord + row * this.#rowWords) === peek(words, at + BASE_DELTA);
    return !isFirst || this.#parts.wasWritten(row);
  }

  /** An earlier key's value in the row is not this key's: fields that the value leaves out become zero. */
  #writeFirst(row: number, value: ViewOf<S> | Partial<ValueOf<S>>): void {
    const layout = this.#layout;
    // nothing was left, or is
    if (this.#parts.rows.version(row) === 0 || isViewOf(layout, value)) return this.#rows.write(row, value);
    const blank = this.#blank();
    layout.assign(blank, value as Partial<ValueOf<AnyStruct>>);
    this.#rows.write(row, blank);
  }

  #blank(): ViewOf<S> {
    return this.#layout.alloc() as ViewOf<S>;
  }

  #refuseRow(row: unknown): never {
    this.#end.requireOpen();
    throw new RangeError(
      `Cannot write a row of ${this.#end.name} as its number must be that of a key: received ${row}`,
    );
  }

  #refuseForeign(row: number): never {
    this.#end.requireOpen();
    throw new NotOwnerError(
      `Cannot write row ${row} of ${this.#end.name} as this writer does not own it; call own() with its key first`,
    );
  }
}
