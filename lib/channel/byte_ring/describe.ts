import { load } from "../../atomic/mod.ts";
import type { PartContent, PartDescription, Region } from "../../memory/internal.ts";
import { alignUp } from "../../memory/mod.ts";
import { boundedState } from "../shared/bounded_state.ts";
import { holdersOf } from "../shared/holders.ts";
import { ByteRing } from "./byte_ring.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CLAIM_LOCK_OFFSET,
  CONSUMER_OFFSET,
  HEAD_OFFSET,
  isPublished,
  isSkip,
  LENGTH_BITS,
  PRODUCER_OFFSET,
  RECORD_ALIGNMENT,
  STATE_WORD,
  TAIL_OFFSET,
  TYPE_WORD,
} from "./format.ts";
import { readGeometry } from "./geometry.ts";

/** Describes a {@linkcode ByteRing} to tools. */
export function describeByteRing(region: Region): PartDescription {
  const ring = ByteRing.attach(region), { headerBytes, capacity } = readGeometry(region, {});
  const { i32, u8, u32 } = region.source, isMany = ring.producers === "many";
  const roles = {
    ...(isMany ? { claim: CLAIM_LOCK_OFFSET / 4 } : { producer: PRODUCER_OFFSET / 4 }),
    consumer: CONSUMER_OFFSET / 4,
  };
  function* contents(): Generator<PartContent, void, undefined> {
    const tail = load(u32, TAIL_OFFSET / 4); // pairs: byte ring tail
    let position = load(u32, HEAD_OFFSET / 4); // pairs: byte ring head
    if (((tail - position) >>> 0) > capacity) return;
    while (position !== tail) {
      const at = position & (capacity - 1), word = load(i32, (BYTE_RING_HEADER_BYTES + at) / 4 + STATE_WORD);
      const type = load(u32, (BYTE_RING_HEADER_BYTES + at) / 4 + TYPE_WORD), byteLength = word & LENGTH_BITS;
      const taken = isSkip(word) ? byteLength : alignUp(headerBytes + byteLength, RECORD_ALIGNMENT);
      // Freed meanwhile, or not a record at all. What was not freed was not overwritten.
      if (taken === 0 || taken > ((tail - position) >>> 0) || at + taken > capacity) return;
      const start = BYTE_RING_HEADER_BYTES + at + headerBytes;
      const message = (u8.subarray(start, start + byteLength) as Uint8Array).slice();
      if (((load(i32, HEAD_OFFSET / 4) - position) | 0) > 0) return; // pairs: byte ring head
      if (isPublished(word)) yield { position, type, bytes: byteLength, message };
      else if (!isSkip(word)) yield { position, type, bytes: byteLength, message: "claimed, not yet published" };
      position = (position + taken) % 2 ** 32;
    }
  }
  return {
    family: "channel",
    state() {
      const { skipped, producers } = ring, published = load(u32, TAIL_OFFSET / 4);
      return boundedState(ring, "bytes", holdersOf(i32, roles), published, { skipped, producers, published });
    },
    contents,
  };
}
