import { load, release } from "../../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { alignUp, type Region, type Role } from "../../memory/mod.ts";
import { writePaths, type WriterState } from "./latest_table_code.ts";
import { CHANGES_OFFSET, ROW_HEADER_BYTES, SLOT_HEADER_BYTES, TABLE_HEADER_BYTES } from "./format.ts";
import type { TableGeometry } from "./geometry.ts";

/**
 * The one writer of a {@linkcode LatestTable}. A record is written where no reader looks, and published by one store.
 * Closing it, or the death of its process, gives the role to others.
 */
export class LatestTableWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #state: WriterState = { isOpen: true, begun: -1 };
  readonly #retire: () => void;

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
   * Begins to write a row. Nobody sees it before `commit`; beginning another row, or this one again, forgets it.
   *
   * @param row Index of the row.
   * @returns The record to fill, with the row's current value in it. It is the same view each time, and throws
   * `RangeError` once the row was committed or forgotten.
   * @throws {RangeError} If there is no such row.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly begin: (row: number) => ViewOf<S>;

  /**
   * Publishes the row that was begun.
   *
   * @throws {TypeError} If none was.
   */
  readonly commit: () => void;

  /** Use `LatestTable.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: TableGeometry) {
    this.#region = region;
    this.#role = role;
    const first = TABLE_HEADER_BYTES + ROW_HEADER_BYTES + SLOT_HEADER_BYTES;
    const { write, begin, commit, retire } = writePaths(layout, {
      words: region.views.i32,
      geometry,
      slot: layout.view(region.views, first) as ViewOf<S>,
      current: layout.view(region.views, first) as ViewOf<S>,
      opened: layout.view(region.views, first) as ViewOf<S>,
      outside: alignUp(region.byteLength, 8),
      state: this.#state,
      refuseUse: () => this.#refuseUse(),
    });
    this.write = write;
    this.begin = begin;
    this.commit = commit;
    this.#retire = retire;
    retire();
    // A predecessor may have died between publishing a version and counting the change: its entry is in the log.
    const { i32 } = region.views;
    release(i32, CHANGES_OFFSET / 4, (load(i32, CHANGES_OFFSET / 4) + 1) | 0);
  }

  /** Gives the role back; what was begun and not committed is never seen. The second time nothing happens. */
  close(): void {
    if (!this.#state.isOpen) return;
    this.#state.isOpen = false;
    this.#state.begun = -1;
    this.#retire();
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #refuseUse(): never {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot write ${this.#region.name} as its segment was closed; open it again`);
    }
    throw new NotOwnerError(`Cannot write ${this.#region.name} as this writer was closed; call writer() again`);
  }
}
