import { HeaderCheck, type Region, requireInteger, requireOptions } from "../../memory/internal.ts";
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
  requireInteger("make counters", "capacity", capacity, 1, MAX_CAPACITY);
  requireInteger("make counters", "labelBytes", labelBytes, 1, MAX_LABEL_BYTES);
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
  const header = new HeaderCheck("set of counters", region, HEADER_BYTES), { u32 } = region.source;
  const found = { capacity: u32[CAPACITY_WORD], labelBytes: u32[LABEL_BYTES_WORD] };
  const geometry = header.geometry(() => geometryOf(found));
  header.requireLength(byteLengthOf(geometry), `for ${found.capacity} counters`);
  header.requireOptions(found, options);
  return geometry;
}
