import { load } from "../../atomic/mod.ts";
import { parseSchema } from "../../layout/mod.ts";
import type { PartDescription, PartHolder, Region } from "../../memory/internal.ts";
import { boundedState } from "../shared/bounded_state.ts";
import { readRecords } from "../shared/record_reading.ts";
import {
  CELL_BYTES,
  CELL_ID_OFFSET,
  CELL_ROLE_OFFSET,
  FULL,
  HEAD_OFFSET,
  PRODUCES,
  QUEUE_HEADER_BYTES,
  SLOT_HEADER_BYTES,
  TAIL_OFFSET,
  USED_OFFSET,
} from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { MpmcQueue } from "./mpmc_queue.ts";

/** Describes an {@linkcode MpmcQueue} to tools. */
export function describeMpmcQueue(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), queue = MpmcQueue.attach(region, { layout }), { i32, u32 } = region.source;
  const { slotMask, slotBytes, slotsOffset, cells } = readGeometry(region, { layout });
  const holders = (): PartHolder[] => {
    const used = Math.min(load(u32, USED_OFFSET / 4), cells), found: PartHolder[] = [];
    for (let cell = 0; cell < used; cell++) {
      const at = QUEUE_HEADER_BYTES + cell * CELL_BYTES, id = load(i32, (at + CELL_ID_OFFSET) / 4);
      const as = load(i32, (at + CELL_ROLE_OFFSET) / 4) === PRODUCES ? "producer" : "consumer";
      if (id > 0) found.push({ as, id });
    }
    return found;
  };
  const slotOf = (position: number) => slotsOffset + (position & slotMask) * slotBytes;
  return {
    family: "channel",
    state() {
      const { lostClaims, lostReads } = queue, claimed = load(u32, TAIL_OFFSET / 4);
      const more = { "lost claims": lostClaims, "lost reads": lostReads, claimed };
      return boundedState(queue, "records", holders(), claimed, more);
    },
    contents() {
      const from = load(u32, HEAD_OFFSET / 4), to = (from + Math.min(queue.length, queue.capacity)) % 2 ** 32;
      return readRecords(layout, region, {
        from,
        to,
        byteOffsetOf: (position) => slotOf(position) + SLOT_HEADER_BYTES,
        // Published, and not freed: then it was not overwritten. pairs: slot state
        isWhole: (position) => load(i32, slotOf(position) / 4) === (((position & ~slotMask) + FULL) | 0),
      });
    },
  };
}
