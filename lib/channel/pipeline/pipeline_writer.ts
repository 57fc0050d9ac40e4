import { isFenced, load, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { beginsEpoch, EPOCH_BITS, positionIn } from "../shared/long_position.ts";
import { RecordProducer } from "../shared/record_producer.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";
import {
  GATE_BYTES,
  HIGH_WATER_OFFSET,
  HOLDER_OFFSET,
  PERMIT_EPOCH_OFFSET,
  PERMIT_OFFSET,
  PIPELINE_HEADER_BYTES,
  POSITION_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";
import { renewPlaces } from "./gate_place.ts";
import { Gates } from "./gates.ts";
import type { PipelineGeometry } from "./geometry.ts";
import { makeSpacePath } from "./space_path.ts";

/**
 * The one writer of a {@linkcode Pipeline}. There is no space for it while the slowest reader is a capacity behind; at
 * most a capacity can be claimed at once, even without a reader.
 */
export class PipelineWriter<S extends AnyStruct = AnyStruct> extends RecordProducer<S> {
  /** Made by `Pipeline.writer`. */
  constructor(layout: S, region: Region, role: Role, geometry: PipelineGeometry, options: RoleOptions) {
    const { i32: words, f64 } = region.views, { capacity, slotMask, recordsOffset, recordBytes } = geometry;
    const gates = new Gates(region, geometry), published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const access = wordAccess(words, { isFenced: isFenced(words) });
    const waiting = new Waiter(`space in ${region.name}`, options, () => {
      const slowest = space.slowest();
      return slowest < 0 ? published : gates.event(slowest);
    });
    const bound = bindRecord(layout, region.views, recordsOffset, { copies: ["copyFrom"] });
    // All checks that may refuse are done.
    role.acquire();
    const space = specialize(makeSpacePath)({
      words: access,
      capacity,
      tailWord: TAIL_OFFSET / 4,
      permitWord: PERMIT_OFFSET / 4,
      gates: geometry.gates.length,
      firstGate: PIPELINE_HEADER_BYTES / 4,
      gateWords: GATE_BYTES / 4,
      positionWord: POSITION_OFFSET / 4,
      holderWord: HOLDER_OFFSET / 4,
      highWater: words[HIGH_WATER_OFFSET / 4],
      noteHighWater: (waiting) => void (words[HIGH_WATER_OFFSET / 4] = waiting), // written by the writer alone
      probe: (gate) => gates.probe(gate),
      epochBits: EPOCH_BITS,
      changeEpoch(permit) {
        const epoch = load(words, PERMIT_EPOCH_OFFSET / 4); // written by the writer alone
        if (!beginsEpoch(permit, epoch)) return; // back into the last one, or a predecessor died right here
        renewPlaces(words, geometry.gates.length, positionIn(epoch + 1, permit));
        access.store(PERMIT_EPOCH_OFFSET / 4, epoch + 1); // pairs: position epoch
      },
    });
    super(new ChannelEnd(region, "write", "writer"), {
      words: access,
      bound,
      recordsOffset,
      recordBytes,
      slotMask,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, TAIL_OFFSET / 4),
      tailWord: TAIL_OFFSET / 4,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => published.notifyAll(),
      findSpace: space.findSpace,
      countFree: (next) => (space.spaceBefore(next) - next) | 0,
      noteFull: () => void f64[REFUSALS_OFFSET / 8]++, // written by the writer alone
      waiting,
      vacate: () => role.release(),
    });
  }
}
