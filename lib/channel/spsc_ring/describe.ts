import { load } from "../../atomic/mod.ts";
import { parseSchema } from "../../layout/mod.ts";
import type { PartDescription, Region } from "../../memory/internal.ts";
import { boundedState } from "../shared/bounded_state.ts";
import { holdersOf } from "../shared/holders.ts";
import { readRecords } from "../shared/record_reading.ts";
import { CONSUMER_OFFSET, HEAD_OFFSET, PRODUCER_OFFSET, RING_HEADER_BYTES, TAIL_OFFSET } from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { SpscRing } from "./spsc_ring.ts";

/** Describes an {@linkcode SpscRing} to tools. */
export function describeSpscRing(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), ring = SpscRing.attach(region, { layout });
  const { slotMask, recordBytes } = readGeometry(region, { layout }), { i32, u32 } = region.source;
  return {
    family: "channel",
    state() {
      const holders = holdersOf(i32, { producer: PRODUCER_OFFSET / 4, consumer: CONSUMER_OFFSET / 4 });
      const published = load(u32, TAIL_OFFSET / 4);
      return boundedState(ring, "records", holders, published, { published });
    },
    contents() {
      const from = load(u32, HEAD_OFFSET / 4), to = (from + Math.min(ring.length, ring.capacity)) % 2 ** 32;
      return readRecords(layout, region, {
        from,
        to,
        byteOffsetOf: (position) => RING_HEADER_BYTES + (position & slotMask) * recordBytes,
        // What was not freed yet was not written over. pairs: ring head
        isWhole: (position) => ((load(i32, HEAD_OFFSET / 4) - position) | 0) <= 0,
      });
    },
  };
}
