import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import { HeaderCheck, type Region, requireInteger } from "../../memory/internal.ts";
import { ringLength, slotsFor } from "../shared/ring_arithmetic.ts";
import { CAPACITY_OFFSET, HEAD_OFFSET, RECORD_BYTES_OFFSET, RING_HEADER_BYTES, TAIL_OFFSET } from "./format.ts";

/** How a {@linkcode SpscRing} is made. */
export interface SpscRingOptions<S extends AnyStruct = AnyStruct> {
  /** What a record holds. */
  readonly layout: S;
  /** How many records the ring holds: 2 to 2^30. Memory is taken for the next power of two. */
  readonly capacity: number;
}

/** What a ring's parts share. */
export interface RingGeometry {
  /** How many records the ring holds. */
  readonly capacity: number;
  /** How many slots there are, less one: the next power of two. */
  readonly slotMask: number;
  /** Bytes from one record to the next. */
  readonly recordBytes: number;
}

/** The layout in the options of a ring; those of a program without types may lack it. */
export function layoutOf(options: Partial<SpscRingOptions> | undefined): AnyStruct {
  return requireLayout("an SpscRing", options);
}

/** Where the records of a ring of these options lie. */
export function geometryOf(options: SpscRingOptions): RingGeometry {
  const layout = layoutOf(options), { capacity } = options;
  requireInteger(`make a ring of ${layout.name}`, "capacity", capacity, 2, 2 ** 30);
  return { capacity, slotMask: slotsFor(capacity) - 1, recordBytes: layout.byteLength };
}

/** The bytes of a ring. */
export function byteLengthOf({ slotMask, recordBytes }: RingGeometry): number {
  return RING_HEADER_BYTES + (slotMask + 1) * recordBytes;
}

/** Writes where the records lie into zeroed memory. */
export function writeGeometry(region: Region, options: SpscRingOptions): void {
  const { capacity, recordBytes } = geometryOf(options);
  const { u32 } = region.views;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[RECORD_BYTES_OFFSET / 4] = recordBytes;
}

/** Reads where the records lie, and refuses what contradicts the layout, the region or what the caller expects. */
export function readGeometry(
  region: Region,
  options: Partial<SpscRingOptions> & { readonly layout: AnyStruct },
): RingGeometry {
  const layout = layoutOf(options), header = new HeaderCheck("ring", region, RING_HEADER_BYTES);
  const { u32 } = region.source, capacity = u32[CAPACITY_OFFSET / 4], found = { layout, capacity };
  const geometry = header.geometry(() => geometryOf(found));
  header.require("its record's length", layout.byteLength, u32[RECORD_BYTES_OFFSET / 4]);
  header.requireLength(byteLengthOf(geometry), `for ${capacity} records`);
  header.requireOptions(found, options);
  header.requireAtMost("the number of its records", capacity, lengthOf(region, capacity));
  return geometry;
}

/** How many records are published and not freed: exact at a moment of the call, unless the ring is corrupt. */
export function lengthOf(region: Region, capacity: number): number {
  return ringLength(region.source.i32, HEAD_OFFSET, TAIL_OFFSET, capacity);
}
