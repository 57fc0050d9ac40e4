import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { specialize } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import { recordCopies, type Region } from "../../memory/internal.ts";
import type { ChannelEnd } from "../shared/channel_end.ts";
import { refuseCommit, refuseRow } from "./geometry.ts";
import { makeWriterPath, type WriterPath, type WriterPorts } from "./writer_path.ts";

/**
 * Makes the hot paths of a writer of rows.
 *
 * @param layout What a row holds.
 * @param region Where the rows lie.
 * @param end The writer's end of the table.
 * @param own What writers differ in: where they note changes, and whom that wakes.
 */
export function writerPathFor<S extends AnyStruct>(
  layout: S,
  region: Region,
  end: ChannelEnd,
  own: Pick<WriterPorts<S>, "words" | "places" | "asleep" | "wake">,
): WriterPath<S> {
  const { views } = region, { firstWord, slotsDelta, recordDelta } = own.places;
  const first = (firstWord + slotsDelta) * 4 + recordDelta;
  const bound = bindRecord(layout, views, first, { copies: ["copyTo", "copyFrom"] });
  const opened = bindRecord(layout, views, first, { copies: [], canRetire: true });
  opened.retire();
  return specialize(makeWriterPath<S>)({
    ...own,
    bound,
    ...recordCopies(layout, bound),
    opened,
    isOrdered: hasTotalStoreOrder(),
    refuseUse: () => end.refuseUse(),
    refuseRow,
    refuseCommit() {
      end.requireOpen();
      refuseCommit();
    },
    refuseNested() {
      throw new TypeError(`Cannot write ${end.name} as a getter of the values wrote to it`);
    },
  });
}
