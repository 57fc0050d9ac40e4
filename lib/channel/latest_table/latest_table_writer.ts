import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { isFenced, load, specialize, store, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ValueOf, type ViewOf } from "../../layout/internal.ts";
import { recordCopies, type Region, type Role } from "../../memory/internal.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import {
  CHANGED_EVENT_OFFSET,
  CHANGES_OFFSET,
  ROW_HEADER_BYTES,
  SLOT_HEADER_BYTES,
  TABLE_HEADER_BYTES,
} from "./format.ts";
import { placesOf, refuseCommit, refuseRow, type TableGeometry } from "./geometry.ts";
import { makeWriterPath, type WriterPath } from "./writer_path.ts";

/**
 * The one writer of a {@linkcode LatestTable}. A record is written where nobody reads, and published by one store.
 * Closing it, or the death of its process, gives the role to others.
 */
export class LatestTableWriter<S extends AnyStruct = AnyStruct> implements Disposable {
  readonly #end: ChannelEnd;
  readonly #role: Role;
  readonly #path: WriterPath<S>;

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
   * @throws {TypeError} If no row was begun.
   */
  readonly commit: () => void;

  /** Made by `LatestTable.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: TableGeometry, isHeir: boolean) {
    const end = this.#end = new ChannelEnd(region, "write", "writer"), { views } = region, { i32 } = views;
    this.#role = role;
    const first = TABLE_HEADER_BYTES + ROW_HEADER_BYTES + SLOT_HEADER_BYTES, isOrdered = hasTotalStoreOrder();
    const bound = bindRecord(layout, views, first, { copies: ["copyTo", "copyFrom"] });
    const opened = bindRecord(layout, views, first, { copies: [], canRetire: true });
    opened.retire();
    const changed = new EventCount(i32, CHANGED_EVENT_OFFSET / 4, true);
    const path = this.#path = specialize(makeWriterPath<S>)({
      words: wordAccess(i32, { isFenced: isFenced(i32) }),
      places: placesOf(geometry),
      bound,
      ...recordCopies(layout, bound),
      opened,
      isOrdered,
      asleep: ASLEEP,
      wake: () => changed.notifyAll(),
      refuseUse: () => end.refuseUse(),
      refuseRow,
      refuseCommit,
      refuseNested() {
        throw new TypeError(`Cannot write ${end.name} as a getter of the values wrote to it`);
      },
    });
    this.write = path.write;
    this.begin = path.begin;
    this.commit = path.commit;
    // A predecessor that died may have done so between publishing a version and counting the change: its entry is in
    // the log.
    if (isHeir) store(i32, CHANGES_OFFSET / 4, (load(i32, CHANGES_OFFSET / 4) + 1) | 0);
    changed.notifyAll(); // it may also have died before it woke those that sleep
  }

  /** Releases the role; what was begun and not committed is never seen. The second time nothing happens. */
  close(): void {
    this.#path.close();
    this.#end.close(() => this.#role.release());
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
