import { isFenced, load, store, wordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { ClosableEnd } from "../shared/closable_end.ts";
import { CHANGED_EVENT_OFFSET, CHANGES_OFFSET } from "./format.ts";
import { placesOf, type TableGeometry } from "./geometry.ts";
import { writerPathFor } from "./writer_path_for.ts";
import type { RowWriter } from "./row_writer.ts";

/** The one writer of a {@linkcode LatestTable}. */
export class LatestTableWriter<S extends AnyStruct = AnyStruct> extends ClosableEnd implements RowWriter<S> {
  readonly write: (row: number, value: ViewOf<S> | Partial<ValueOf<S>>) => void;
  readonly begin: (row: number) => ViewOf<S>;
  readonly commit: () => void;

  /** Made by `LatestTable.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: TableGeometry, isHeir: boolean) {
    const { i32 } = region.views, end = new ChannelEnd(region, "write", "writer");
    const changed = new EventCount(i32, CHANGED_EVENT_OFFSET / 4, true);
    const path = writerPathFor(layout, region, end, {
      words: wordAccess(i32, { isFenced: isFenced(i32) }),
      places: placesOf(geometry),
      asleep: ASLEEP,
      wake: () => changed.notifyAll(),
    });
    super({ end, path, vacate: () => role.release() });
    this.write = path.write;
    this.begin = path.begin;
    this.commit = path.commit;
    // A predecessor that died may have done so between publishing a version and counting the change: its entry is in
    // the log.
    if (isHeir) store(i32, CHANGES_OFFSET / 4, (load(i32, CHANGES_OFFSET / 4) + 1) | 0);
    changed.notifyAll(); // it may also have died before it woke those that sleep
  }
}
