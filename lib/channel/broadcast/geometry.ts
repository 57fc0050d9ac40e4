import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import { HeaderCheck, type Region, requireInteger, requireWord } from "../../memory/internal.ts";
import { readPosition } from "../shared/long_position.ts";
import { slotsFor } from "../shared/ring_arithmetic.ts";
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
  const doing = `make a broadcast of ${layout.name}`;
  requireInteger(doing, "capacity", capacity, 2, 2 ** 28);
  requireWord(doing, "writers", writers, ["one", "many"]);
  const slots = slotsFor(capacity) * 2, batch = capacity >>> 1;
  return {
    capacity,
    isShared: writers === "many",
    slotMask: slots - 1,
    batch,
    reach: slots - batch,
    recordBytes: layout.byteLength,
  };
}

/** The bytes of a broadcast. */
export function byteLengthOf({ slotMask, recordBytes }: BroadcastGeometry): number {
  return BROADCAST_HEADER_BYTES + (slotMask + 1) * recordBytes;
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
  const layout = layoutOf(options), header = new HeaderCheck("broadcast", region, BROADCAST_HEADER_BYTES);
  const { u32 } = region.source, many = u32[MANY_WRITERS_OFFSET / 4];
  const found = { layout, capacity: u32[CAPACITY_OFFSET / 4], writers: many === 1 ? "many" as const : "one" as const };
  const geometry = header.geometry(() => geometryOf(found));
  header.require("its record's length", layout.byteLength, u32[RECORD_BYTES_OFFSET / 4]);
  header.requireLength(byteLengthOf(geometry), `for ${found.capacity} records`);
  header.requireAtMost("its mark of many writers", 1, many);
  header.requireOptions(found, options);
  return geometry;
}

/** How many records were ever published: the position of the next, whole. */
export function tailOf(words: Int32Array): number {
  return readPosition(words, TAIL_OFFSET / 4, EPOCH_OFFSET / 4); // pairs: broadcast tail
}
