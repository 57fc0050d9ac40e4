import { isFenced, load, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { RecordProducer } from "../shared/record_producer.ts";
import type { Waiter } from "../shared/waiter.ts";
import {
  HEAD_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  REFUSALS_OFFSET,
  RING_HEADER_BYTES,
  TAIL_OFFSET,
  WAS_FULL_OFFSET,
} from "./format.ts";
import type { RingGeometry } from "./geometry.ts";

/** The one producer of a {@linkcode SpscRing}. */
export class SpscProducer<S extends AnyStruct = AnyStruct> extends RecordProducer<S> {
  /** Made by `SpscRing.producer`. */
  constructor(layout: S, region: Region, role: Role, geometry: RingGeometry, waiting: Waiter) {
    const { i32: words, f64 } = region.views, { capacity, slotMask, recordBytes } = geometry;
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    super(new ChannelEnd(region, "write", "producer"), {
      words: wordAccess(words, { isFenced: isFenced(words) }),
      bound: bindRecord(layout, region.views, RING_HEADER_BYTES, { copies: ["copyFrom"] }),
      recordsOffset: RING_HEADER_BYTES,
      recordBytes,
      slotMask,
      // Written by the role's last holder. Its exchange, or its end, came before ours.
      start: load(words, TAIL_OFFSET / 4),
      tailWord: TAIL_OFFSET / 4,
      publishedWord: PUBLISHED_EVENT_OFFSET / 4,
      asleep: ASLEEP,
      wake: () => published.notifyAll(),
      findSpace: () => (load(words, HEAD_OFFSET / 4) + capacity) | 0, // pairs: ring head
      countFree: (next) => capacity - ((next - load(words, HEAD_OFFSET / 4)) | 0), // pairs: ring head
      noteFull() {
        if (words[WAS_FULL_OFFSET / 4] === 0) words[WAS_FULL_OFFSET / 4] = 1;
        f64[REFUSALS_OFFSET / 8]++; // written by the producer alone
      },
      waiting,
      vacate: () => role.release(),
    });
  }
}
