import { SegmentFormatError } from "../../errors.ts";
import { type Region, requireOptions } from "../../memory/internal.ts";
import { CAPACITY_WORD, descriptionBytes, HEADER_BYTES, LABEL_BYTES_WORD, VALUE_BYTES } from "./format.ts";

/** How {@linkcode Counters} are made. */
export interface CountersOptions {
  /** The most counters at a time: 1 to 65,536. */
  readonly capacity: number;
  /** The most bytes of a label in UTF-8: 1 to 384. Defaults to 112. */
  readonly labelBytes?: number;
}

/** Where counters lie. */
export interface CountersGeometry {
  readonly capacity: number;
  readonly labelBytes: number;
  /** The first word of the descriptions. */
  readonly descriptionsWord: number;
  /** Words from one description to the next. */
  readonly descriptionWords: number;
}

const MAX_CAPACITY = 65_536, MAX_LABEL_BYTES = 384, DEFAULT_LABEL_BYTES = 112;

/** Where counters of these options lie. */
export function geometryOf(options: CountersOptions): CountersGeometry {
  requireOptions("make counters", options, "with a capacity");
  const { capacity, labelBytes = DEFAULT_LABEL_BYTES } = options;
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw new RangeError(
      `Cannot make counters as capacity must be an integer from 1 to ${MAX_CAPACITY}: received ${capacity}`,
    );
  }
  if (!Number.isInteger(labelBytes) || labelBytes < 1 || labelBytes > MAX_LABEL_BYTES) {
    throw new RangeError(
      `Cannot make counters as labelBytes must be an integer from 1 to ${MAX_LABEL_BYTES}: received ${labelBytes}`,
    );
  }
  return {
    capacity,
    labelBytes,
    descriptionsWord: (HEADER_BYTES + capacity * VALUE_BYTES) / 4,
    descriptionWords: descriptionBytes(labelBytes) / 4,
  };
}

/** The bytes of counters. */
export function byteLengthOf({ capacity, descriptionsWord, descriptionWords }: CountersGeometry): number {
  return (descriptionsWord + capacity * descriptionWords) * 4;
}

/** Writes where counters lie into zeroed memory. */
export function writeGeometry(region: Region, options: CountersOptions): void {
  const { capacity, labelBytes } = geometryOf(options), { u32 } = region.views;
  u32[CAPACITY_WORD] = capacity;
  u32[LABEL_BYTES_WORD] = labelBytes;
}

/** Reads where counters lie, and refuses a header that contradicts itself, the region or the caller's options. */
export function readGeometry(region: Region, options: Partial<CountersOptions>): CountersGeometry {
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to counters ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < HEADER_BYTES) throw refuse("their length", `${HEADER_BYTES} or more`, region.byteLength);
  const { u32 } = region.source, found = { capacity: u32[CAPACITY_WORD], labelBytes: u32[LABEL_BYTES_WORD] };
  let geometry: CountersGeometry;
  try {
    geometry = geometryOf(found);
  } catch (error) {
    throw refuse("their header", "that of counters", (error as Error).message);
  }
  const end = byteLengthOf(geometry);
  if (end > region.byteLength) throw refuse("their length", `${end} or more`, region.byteLength);
  for (const key of ["capacity", "labelBytes"] as const) {
    const asked = options?.[key];
    if ((asked ?? found[key]) !== found[key]) throw refuse(`'${key}'`, found[key], `${asked} in the options`);
  }
  return geometry;
}
