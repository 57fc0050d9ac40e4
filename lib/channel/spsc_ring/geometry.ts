import { load } from "../../atomic/mod.ts";
import { SegmentFormatError } from "../../errors.ts";
import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import type { Region } from "../../memory/mod.ts";
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
  if (!(Number.isInteger(capacity) && capacity >= 2 && capacity <= 2 ** 30)) {
    throw new RangeError(
      `Cannot make a ring of ${layout.name} as capacity must be an integer from 2 to 1073741824: received ${capacity}`,
    );
  }
  // A power of two, so that records still follow each other when the 32-bit positions wrap.
  const slots = 2 ** (32 - Math.clz32(capacity - 1));
  return { capacity, slotMask: slots - 1, recordBytes: layout.byteLength };
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
  const layout = layoutOf(options), { capacity } = options;
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to ring ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < RING_HEADER_BYTES) {
    throw refuse("its length", `${RING_HEADER_BYTES} or more`, region.byteLength);
  }
  const { u32 } = region.source;
  const foundCapacity = u32[CAPACITY_OFFSET / 4], record = u32[RECORD_BYTES_OFFSET / 4];
  let geometry: RingGeometry;
  try {
    geometry = geometryOf({ layout, capacity: foundCapacity });
  } catch (error) {
    throw new SegmentFormatError("OBJECT", `Cannot attach to ring ${region.name}: ${(error as Error).message}`);
  }
  if (record !== layout.byteLength) throw refuse("its record's length", layout.byteLength, record);
  const end = RING_HEADER_BYTES + (geometry.slotMask + 1) * record;
  if (end > region.byteLength) throw refuse("its length", `${end} for ${foundCapacity} records`, region.byteLength);
  if (capacity !== undefined && capacity !== foundCapacity) {
    throw refuse("'capacity'", foundCapacity, `${capacity} in the options`);
  }
  const length = lengthOf(region, foundCapacity);
  if (length > foundCapacity) throw refuse("the number of its records", `at most ${foundCapacity}`, length);
  return geometry;
}

/** Attempts after which a length is accepted, though the consumer moved on during each of them. */
const ATTEMPTS = 32;

/** How many records are published and not freed: exact at a moment of the call, unless the ring is corrupt. */
export function lengthOf(region: Region, capacity: number): number {
  const words = region.source.i32;
  for (let attempt = 1;; attempt++) {
    const head = load(words, HEAD_OFFSET / 4); // pairs: ring head
    const tail = load(words, TAIL_OFFSET / 4); // pairs: ring tail
    // While the head stood still, the difference was the length.
    if (load(words, HEAD_OFFSET / 4) === head) return (tail - head) >>> 0;
    if (attempt === ATTEMPTS) return Math.min((tail - head) >>> 0, capacity);
  }
}
