import { SegmentFormatError } from "../../errors.ts";
import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import type { Region } from "../../memory/mod.ts";
import { readPosition } from "../shared/long_position.ts";
import {
  BROADCAST_HEADER_BYTES,
  CAPACITY_OFFSET,
  EPOCH_OFFSET,
  MANY_WRITERS_OFFSET,
  RECORD_BYTES_OFFSET,
  TAIL_OFFSET,
} from "./format.ts";

/** How a {@linkcode Broadcast} is made. */
export interface BroadcastOptions<S extends AnyStruct = AnyStruct> {
  /** What a record holds. */
  readonly layout: S;
  /** How many records a reader may lag behind by: 2 to 2^28. Memory is taken for twice the next power of two. */
  readonly capacity: number;
  /** `"one"` writer at a time, or `"many"` that take turns. Defaults to `"one"`. */
  readonly writers?: "one" | "many";
}

/** What a broadcast's parts share. All counts are of records. */
export interface BroadcastGeometry {
  /** By how many a reader may lag behind. */
  readonly capacity: number;
  /** Whether many may write. */
  readonly isShared: boolean;
  /** How many slots there are, less one: twice the capacity, or a little more. */
  readonly slotMask: number;
  /** How many may be claimed before they are published. */
  readonly batch: number;
  /** How far behind the tail a record is whole, whatever the writer has claimed. */
  readonly reach: number;
  /** Bytes from one record to the next. */
  readonly recordBytes: number;
}

/** The layout in the options of a broadcast; those of a program without types may lack it. */
export function layoutOf(options: Partial<BroadcastOptions> | undefined): AnyStruct {
  return requireLayout("a Broadcast", options);
}

/** Where the records of a broadcast of these options lie. */
export function geometryOf(options: BroadcastOptions): BroadcastGeometry {
  const layout = layoutOf(options), { capacity, writers = "one" } = options;
  const refuse = (what: string, received: unknown) =>
    `Cannot make a broadcast of ${layout.name} as ${what}: received ${received}`;
  if (!(Number.isInteger(capacity) && capacity >= 2 && capacity <= 2 ** 28)) {
    throw new RangeError(refuse("capacity must be an integer from 2 to 268435456", capacity));
  }
  if (writers !== "one" && writers !== "many") throw new TypeError(refuse(`writers must be "one" or "many"`, writers));
  // A power of two, so that records still follow each other when the low half of a position wraps.
  const slots = 2 ** (33 - Math.clz32(capacity - 1)), batch = capacity >>> 1;
  return {
    capacity,
    isShared: writers === "many",
    slotMask: slots - 1,
    batch,
    reach: slots - batch,
    recordBytes: layout.byteLength,
  };
}

/** Writes where the records lie into zeroed memory. */
export function writeGeometry(region: Region, options: BroadcastOptions): void {
  const { capacity, recordBytes, isShared } = geometryOf(options);
  const { u32 } = region.views;
  u32[MANY_WRITERS_OFFSET / 4] = isShared ? 1 : 0;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[RECORD_BYTES_OFFSET / 4] = recordBytes;
}

/** Reads where the records lie, and refuses what contradicts the layout, the region or what the caller expects. */
export function readGeometry(
  region: Region,
  options: Partial<BroadcastOptions> & { readonly layout: AnyStruct },
): BroadcastGeometry {
  const layout = layoutOf(options), { capacity, writers } = options;
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to broadcast ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < BROADCAST_HEADER_BYTES) {
    throw refuse("its length", `${BROADCAST_HEADER_BYTES} or more`, region.byteLength);
  }
  const { u32 } = region.source;
  const foundCapacity = u32[CAPACITY_OFFSET / 4], record = u32[RECORD_BYTES_OFFSET / 4];
  const many = u32[MANY_WRITERS_OFFSET / 4], foundWriters = many === 1 ? "many" : "one";
  let geometry: BroadcastGeometry;
  try {
    geometry = geometryOf({ layout, capacity: foundCapacity, writers: foundWriters });
  } catch (error) {
    throw new SegmentFormatError("OBJECT", `Cannot attach to broadcast ${region.name}: ${(error as Error).message}`);
  }
  if (record !== layout.byteLength) throw refuse("its record's length", layout.byteLength, record);
  const end = BROADCAST_HEADER_BYTES + (geometry.slotMask + 1) * record;
  if (end > region.byteLength) throw refuse("its length", `${end} for ${foundCapacity} records`, region.byteLength);
  if (capacity !== undefined && capacity !== foundCapacity) {
    throw refuse("'capacity'", foundCapacity, `${capacity} in the options`);
  }
  if (many > 1 || (writers !== undefined && writers !== foundWriters)) {
    throw refuse("'writers'", foundWriters, `${writers} in the options, ${many} in the header`);
  }
  return geometry;
}

/** How many records were ever published: the position of the next, whole. */
export function tailOf(words: Int32Array): number {
  return readPosition(words, TAIL_OFFSET / 4, EPOCH_OFFSET / 4); // pairs: broadcast tail
}
