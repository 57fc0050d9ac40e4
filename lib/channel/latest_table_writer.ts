import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { load, peek, store } from "../atomic/mod.ts";
import { ClosedError, NotOwnerError } from "../errors.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../layout/mod.ts";
import { type CopyRecord, recordCopier, type Region, type Role } from "../memory/mod.ts";
import { ROW_HEADER_BYTES, SLOT_HEADER_BYTES, TABLE_HEADER_BYTES } from "./latest_table_descriptor.ts";
import { refuseRow, type TableGeometry } from "./latest_table_geometry.ts";

/**
 * How the writer looks at the version it alone writes. Where the processor may let stores overtake an earlier store,
 * the look is an atomic one: after it, no store into the next slot can be seen before the version published last.
 */
const lookAtOwn = hasTotalStoreOrder() ? peek : load;

/**
 * The one writer of a {@linkcode LatestTable}. A record is written where no reader looks, and published by one store.
 * Closing it, or the death of its process, gives the role to others.
 */
export class LatestTableWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #layout: S;
  readonly #region: Region;
  readonly #role: Role;
  readonly #words: Int32Array;
  readonly #geometry: TableGeometry;
  readonly #rowWords: number;
  readonly #copyRecord: CopyRecord<S>;
  /** Moves over the slots that are written. */
  readonly #slot: ViewOf<S>;
  /** Moves over the slots with a row's current value. */
  readonly #current: ViewOf<S>;
  /** The version word of the row that was begun, or −1. */
  #begun = -1;
  #isOpen = true;

  /** Use `LatestTable.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: TableGeometry) {
    this.#layout = layout;
    this.#region = region;
    this.#role = role;
    this.#words = region.views.i32;
    this.#geometry = geometry;
    this.#rowWords = geometry.rowBytes / 4;
    this.#copyRecord = recordCopier(layout);
    const first = TABLE_HEADER_BYTES + ROW_HEADER_BYTES + SLOT_HEADER_BYTES;
    this.#slot = layout.view(region.views, first) as ViewOf<S>;
    this.#current = layout.view(region.views, first) as ViewOf<S>;
  }

  /**
   * Writes a row and publishes it.
   *
   * @param row Index of the row.
   * @param value A view, copied as it is; or an object, whose fields are checked: what it leaves out keeps its value.
   * @throws {RangeError} If there is no such row, or a value does not fit; nothing is then published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  write(row: number, value: ViewOf<S> | Partial<ValueOf<S>>): void {
    if (this.#layout.isView(value)) {
      this.#moveToNext(this.#wordOf(row));
      this.#copyRecord(value as ViewOf<S>, this.#slot);
    } else {
      this.#layout.assign(this.begin(row), value);
    }
    this.commit();
  }

  /**
   * Begins to write a row. Nobody sees it before `commit`; beginning another row, or this one again, forgets it.
   *
   * @param row Index of the row.
   * @returns The record to fill, with the row's current value in it. It is the same view each time.
   * @throws {RangeError} If there is no such row.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  begin(row: number): ViewOf<S> {
    const at = this.#wordOf(row);
    this.#layout.moveTo(this.#current, (at + this.#slotWord(peek(this.#words, at))) * 4 + SLOT_HEADER_BYTES);
    this.#moveToNext(at);
    this.#copyRecord(this.#current, this.#slot);
    return this.#slot;
  }

  /**
   * Publishes the row that was begun.
   *
   * @throws {TypeError} If none was.
   */
  commit(): void {
    const at = this.#begun;
    if (at === -1) throw new TypeError("Cannot commit as no row was begun; call begin(row) first");
    this.#begun = -1;
    // Only this writer changes the word. The store pairs with the loads in LatestTable.read and version.
    store(this.#words, at, (peek(this.#words, at) + 1) | 0);
  }

  /** Gives the role back; what was begun and not committed is never seen. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#begun = -1;
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Aims at the slot of the row's next version, and writes that version into it. */
  #moveToNext(at: number): void {
    const current = lookAtOwn(this.#words, at);
    const high = this.#words[at + this.#slotWord(current) + 1];
    const next = (current + 1) | 0;
    const slot = at + this.#slotWord(next);
    this.#words[slot] = next;
    this.#words[slot + 1] = next === 0 ? high + 1 : high;
    this.#layout.moveTo(this.#slot, slot * 4 + SLOT_HEADER_BYTES);
    this.#begun = at;
  }

  /** The first word of a version's slot, counted from the row's first word. */
  #slotWord(version: number): number {
    return (ROW_HEADER_BYTES + (version & this.#geometry.versionMask) * this.#geometry.slotBytes) / 4;
  }

  /** The version word of a row. */
  #wordOf(row: number): number {
    if (row >>> 0 !== row || row >= this.#geometry.rows) refuseRow(row, this.#geometry.rows);
    if (!this.#isOpen || this.#words.length === 0) this.#refuseUse();
    return TABLE_HEADER_BYTES / 4 + row * this.#rowWords;
  }

  #refuseUse(): never {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot write ${this.#region.name} as its segment was closed; open it again`);
    }
    throw new NotOwnerError(`Cannot write ${this.#region.name} as this writer was closed; call writer() again`);
  }
}
