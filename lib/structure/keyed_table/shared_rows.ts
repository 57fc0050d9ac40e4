import { wordAccess } from "../../atomic/internal.ts";
import {
  type ChannelEnd,
  placesOf,
  type TableGeometry,
  type WriterPath,
  writerPathFor,
} from "../../channel/internal.ts";
import type { AnyStruct } from "../../layout/mod.ts";
import type { Region } from "../../memory/mod.ts";
import { SCRATCH_WORD } from "./format.ts";

/**
 * Makes the path that writes rows of a table while others write other rows: that of a `LatestTable`'s writer, except
 * for the log of changes, which all writers share. The path's own notes of changes go to words that are never read.
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
  return writerPathFor(layout, region, end, {
    words: wordAccess(region.views.i32),
    places: {
      ...placesOf(geometry),
      changesWord: SCRATCH_WORD,
      changedEventWord: SCRATCH_WORD,
      logWord: SCRATCH_WORD + 1,
      logMask: 0,
    },
    asleep: 0, // no waiter sleeps for changes that are not counted
    wake: () => {},
  });
}
