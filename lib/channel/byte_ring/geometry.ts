import { load } from "../../atomic/mod.ts";
import { SegmentFormatError } from "../../errors.ts";
import { HeaderCheck, type Region, requireInteger, requireOptions, requireWord } from "../../memory/internal.ts";
import { ringLength, slotsFor } from "../shared/ring_arithmetic.ts";
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
  requireInteger("make a byte ring", "capacity", capacity, LEAST_CAPACITY, MOST_CAPACITY);
  requireWord("make a byte ring", "producers", producers, ["one", "many"]);
  const isShared = producers === "many";
  const headerBytes = isShared ? SHARED_RECORD_HEADER_BYTES : RECORD_HEADER_BYTES;
  const bytes = slotsFor(capacity);
  return { capacity: bytes, isShared, headerBytes, maxByteLength: bytes / 2 - headerBytes };
}

/** Writes where the records lie into zeroed memory. */
export function writeGeometry(region: Region, options: ByteRingOptions): void {
  const { capacity, isShared } = geometryOf(options), { u32 } = region.views;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[MANY_PRODUCERS_OFFSET / 4] = isShared ? 1 : 0;
}

/** Reads where the records lie, and refuses what contradicts itself, the region or what the caller expects. */
export function readGeometry(region: Region, options: Partial<ByteRingOptions>): ByteRingGeometry {
  const header = new HeaderCheck("byte ring", region, BYTE_RING_HEADER_BYTES), { u32 } = region.source;
  const capacity = u32[CAPACITY_OFFSET / 4], many = u32[MANY_PRODUCERS_OFFSET / 4];
  const producers = many === 1 ? "many" : "one", geometry = header.geometry(() => geometryOf({ capacity, producers }));
  if (geometry.capacity !== capacity) header.refuse("its capacity", "a power of two", capacity);
  header.requireLength(BYTE_RING_HEADER_BYTES + capacity, "for its capacity");
  header.requireAtMost("its mark of many producers", 1, many);
  header.requireOption("producers", producers, options.producers);
  // What was given was rounded up.
  if (options.capacity !== undefined && geometryOf({ capacity: options.capacity }).capacity !== capacity) {
    header.refuse("'capacity'", capacity, `${options.capacity} in the options`);
  }
  for (const offset of [HEAD_OFFSET, TAIL_OFFSET]) {
    const position = load(u32, offset / 4); // pairs: byte ring head, byte ring tail
    if (position % RECORD_ALIGNMENT !== 0) header.refuse("its positions", `multiples of ${RECORD_ALIGNMENT}`, position);
  }
  header.requireAtMost("the bytes in it", capacity, lengthOf(region, capacity));
  return geometry;
}

/** How many bytes are between head and tail: exact at a moment of the call, unless the ring is corrupt. */
export function lengthOf(region: Region, capacity: number): number {
  return ringLength(region.source.i32, HEAD_OFFSET, TAIL_OFFSET, capacity);
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
