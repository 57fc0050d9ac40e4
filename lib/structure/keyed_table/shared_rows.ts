import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { specialize, wordAccess } from "../../atomic/internal.ts";
import {
  type ChannelEnd,
  makeWriterPath,
  placesOf,
  refuseCommit,
  refuseRow,
  type TableGeometry,
  type WriterPath,
} from "../../channel/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import { recordCopies, type Region } from "../../memory/internal.ts";
import { SCRATCH_WORD } from "./format.ts";

/**
 * Makes the path that writes rows of a table while others write other rows: that of a `LatestTable`'s writer, except
 * for the log of changes, which all writers share. The path's own notes of changes go to words that nobody reads.
 *
 * @param layout What a row holds.
 * @param region Where the rows lie.
 * @param geometry How.
 * @param end The writer's end of the table.
 */
export function sharedRowsPath<S extends AnyStruct>(
  layout: S,
  region: Region,
  geometry: TableGeometry,
  end: ChannelEnd,
): WriterPath<S> {
  const { views } = region, places = placesOf(geometry);
  const first = (places.firstWord + places.slotsDelta) * 4 + places.recordDelta;
  const bound = bindRecord(layout, views, first, { copies: ["copyTo", "copyFrom"] });
  const opened = bindRecord(layout, views, first, { copies: [], canRetire: true });
  opened.retire();
  return specialize(makeWriterPath<S>)({
    words: wordAccess(views.i32),
    places: {
      ...places,
      changesWord: SCRATCH_WORD,
      changedEventWord: SCRATCH_WORD,
      logWord: SCRATCH_WORD + 1,
      logMask: 0,
    },
    bound,
    ...recordCopies(layout, bound),
    opened,
    isOrdered: hasTotalStoreOrder(),
    asleep: 0, // nobody waits for changes that are not counted
    wake: () => {},
    refuseUse: () => end.refuseUse(),
    refuseRow,
    refuseCommit,
    refuseNested() {
      throw new TypeError(`Cannot write ${end.name} as a getter of the values wrote to it`);
    },
  });
}
