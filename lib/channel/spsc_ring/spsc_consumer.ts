import { isFenced, load, wordAccess, wordLoader } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { RecordConsumer } from "../shared/record_consumer.ts";
import type { Waiter } from "../shared/waiter.ts";
import { FREED_EVENT_OFFSET, HEAD_OFFSET, HIGH_WATER_OFFSET, RING_HEADER_BYTES, TAIL_OFFSET } from "./format.ts";
import type { RingGeometry } from "./geometry.ts";

/** The one consumer of a {@linkcode SpscRing}. */
export class SpscConsumer<S extends AnyStruct = AnyStruct> extends RecordConsumer<S> {
  /** Made by `SpscRing.consumer`. */
  constructor(layout: S, region: Region, role: Role, { slotMask, recordBytes }: RingGeometry, waiting: Waiter) {
    const { i32: words } = region.views;
    const freed = new EventCount(words, FREED_EVENT_OFFSET / 4, true);
    super(new ChannelEnd(region, "read", "consumer"), {
      words: wordAccess(words, { isFenced: isFenced(words) }),
      bound: bindRecord(layout, region.views, RING_HEADER_BYTES, { copies: ["copyTo"] }),
      recordsOffset: RING_HEADER_BYTES,
      recordBytes,
      slotMask,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, HEAD_OFFSET / 4),
      headWord: HEAD_OFFSET / 4,
      tailAt: wordLoader(words, TAIL_OFFSET / 4),
      countRecords: (position) => (load(words, TAIL_OFFSET / 4) - position) | 0, // pairs: ring tail
      highWater: words[HIGH_WATER_OFFSET / 4],
      noteHighWater: (found) => void (words[HIGH_WATER_OFFSET / 4] = found), // written by the consumer alone
      freedWord: FREED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => freed.notifyAll(),
      waiting,
      vacate: () => role.release(),
    });
  }
}
