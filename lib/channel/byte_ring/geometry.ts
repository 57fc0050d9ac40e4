import { load } from "../../atomic/mod.ts";
import { SegmentFormatError } from "../../errors.ts";
import { requireOptions } from "../../memory/internal.ts";
import type { Region } from "../../memory/mod.ts";
import {
  BYTE_RING_HEADER_BYTES,
  CAPACITY_OFFSET,
  HEAD_OFFSET,
  MANY_PRODUCERS_OFFSET,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  SHARED_RECORD_HEADER_BYTES,
  TAIL_OFFSET,
} from "./format.ts";

/** How a {@linkcode ByteRing} is made. */
export interface ByteRingOptions {
  /**
   * The bytes of its records: 64 to 2^30, rounded up to a power of two. A message takes 8 bytes more than its own, 16
   * where many may produce, rounded up to a multiple of 8; it may take half the capacity at most.
   */
  readonly capacity: number;
  /** `"one"` producer at a time, the default; or `"many"`. */
  readonly producers?: "one" | "many";
}

/** What a ring's parts share. */
export interface ByteRingGeometry {
  /** Bytes of its records, a power of two. */
  readonly capacity: number;
  /** Whether many may produce. */
  readonly isShared: boolean;
  /** Bytes of a record before its message. */
  readonly headerBytes: number;
  /** The longest message: half the capacity with its header, which always fits an empty ring, wherever its head is. */
  readonly maxByteLength: number;
}

const LEAST_CAPACITY = 64, MOST_CAPACITY = 2 ** 30;

/** Where the records of a ring of these options lie. */
export function geometryOf(options: ByteRingOptions): ByteRingGeometry {
  requireOptions("make a byte ring", options, "with a capacity");
  const { capacity, producers = "one" } = options;
  if (!(Number.isInteger(capacity) && capacity >= LEAST_CAPACITY && capacity <= MOST_CAPACITY)) {
    throw new RangeError(
      `Cannot make a byte ring as capacity must be an integer from ${LEAST_CAPACITY} to ${MOST_CAPACITY}: received ${capacity}`,
    );
  }
  if (producers !== "one" && producers !== "many") {
    throw new TypeError(`Cannot make a byte ring as producers must be "one" or "many": received ${producers}`);
  }
  const isShared = producers === "many";
  const headerBytes = isShared ? SHARED_RECORD_HEADER_BYTES : RECORD_HEADER_BYTES;
  // A power of two, so that records still follow each other when the 32-bit positions wrap.
  const bytes = 2 ** (32 - Math.clz32(capacity - 1));
  return { capacity: bytes, isShared, headerBytes, maxByteLength: bytes / 2 - headerBytes };
}

/** Writes where the records lie into zeroed memory. */
export function writeGeometry(region: Region, options: ByteRingOptions): void {
  const { capacity, isShared } = geometryOf(options), { u32 } = region.views;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[MANY_PRODUCERS_OFFSET / 4] = isShared ? 1 : 0;
}

/** Reads where the records lie, and refuses what contradicts itself, the region or what the caller expects. */
export function readGeometry(region: Region, { capacity, producers }: Partial<ByteRingOptions>): ByteRingGeometry {
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to byte ring ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < BYTE_RING_HEADER_BYTES) {
    throw refuse("its length", `${BYTE_RING_HEADER_BYTES} or more`, region.byteLength);
  }
  const { u32 } = region.source;
  const foundCapacity = u32[CAPACITY_OFFSET / 4], many = u32[MANY_PRODUCERS_OFFSET / 4];
  const foundProducers = many === 1 ? "many" : "one";
  let geometry: ByteRingGeometry;
  try {
    geometry = geometryOf({ capacity: foundCapacity, producers: foundProducers });
  } catch (error) {
    throw new SegmentFormatError("OBJECT", `Cannot attach to byte ring ${region.name}: ${(error as Error).message}`);
  }
  if (geometry.capacity !== foundCapacity) throw refuse("its capacity", "a power of two", foundCapacity);
  const end = BYTE_RING_HEADER_BYTES + foundCapacity;
  if (end > region.byteLength) throw refuse("its length", `${end} for its capacity`, region.byteLength);
  if (many > 1 || (producers !== undefined && producers !== foundProducers)) {
    throw refuse("'producers'", foundProducers, `${producers} in the options, ${many} in the header`);
  }
  if (capacity !== undefined && geometryOf({ capacity }).capacity !== foundCapacity) {
    throw refuse("'capacity'", foundCapacity, `${capacity} in the options`);
  }
  for (const offset of [HEAD_OFFSET, TAIL_OFFSET]) {
    const position = load(u32, offset / 4); // pairs: byte ring head, byte ring tail
    if (position % RECORD_ALIGNMENT !== 0) throw refuse("its positions", `multiples of ${RECORD_ALIGNMENT}`, position);
  }
  const length = lengthOf(region, foundCapacity);
  if (length > foundCapacity) throw refuse("the bytes in it", `at most ${foundCapacity}`, length);
  return geometry;
}

/** Attempts after which a length is accepted, though the consumer moved on during each of them. */
const ATTEMPTS = 32;

/** How many bytes are between head and tail: exact at a moment of the call, unless the ring is corrupt. */
export function lengthOf(region: Region, capacity: number): number {
  const words = region.source.i32;
  for (let attempt = 1;; attempt++) {
    const head = load(words, HEAD_OFFSET / 4); // pairs: byte ring head
    const tail = load(words, TAIL_OFFSET / 4); // pairs: byte ring tail
    // While the head stood still, the difference was the length.
    if (load(words, HEAD_OFFSET / 4) === head) return (tail - head) >>> 0;
    if (attempt === ATTEMPTS) return Math.min((tail - head) >>> 0, capacity);
  }
}

/** Refuses a record that cannot be valid. */
export function refuseRecord(region: Region, capacity: number, position: number, word: number): never {
  const hex = (word >>> 0).toString(16).padStart(8, "0");
  throw new SegmentFormatError(
    "OBJECT",
    `Cannot read ${region.name} as the record at byte ${
      position & (capacity - 1)
    } must end before the tail: found 0x${hex}`,
  );
}
