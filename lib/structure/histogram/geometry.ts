import { SegmentFormatError } from "../../errors.ts";
import { type Region, requireOptions } from "../../memory/internal.ts";
import {
  COUNTS_WORD,
  DIGITS_WORD,
  HEADER_BYTES,
  HIGHEST_F64,
  laneBytes,
  LOWEST_F64,
  RECORDERS_WORD,
} from "./format.ts";
import { type HistogramScale, Scale } from "./scale.ts";

/** How a {@linkcode Histogram} is made. */
export interface HistogramOptions extends HistogramScale {
  /**
   * The most recorders at a time, in all processes together: 1 to 1024. Each takes a set of counts. Defaults to 1.
   */
  readonly recorders?: number;
}

/** Where the counts of a histogram lie. */
export interface HistogramGeometry {
  readonly scale: Scale;
  readonly recorders: number;
  /** Bytes from one lane to the next. */
  readonly laneBytes: number;
}

const MAX_RECORDERS = 1024;

/** Where the counts of a histogram of these options lie. */
export function geometryOf(options: HistogramOptions): HistogramGeometry {
  requireOptions("make a histogram", options, "with the highest value");
  const scale = new Scale(options), { recorders = 1 } = options;
  if (!Number.isInteger(recorders) || recorders < 1 || recorders > MAX_RECORDERS) {
    throw new RangeError(
      `Cannot make a histogram as recorders must be an integer from 1 to ${MAX_RECORDERS}: received ${recorders}`,
    );
  }
  return { scale, recorders, laneBytes: laneBytes(scale.length) };
}

/** The bytes of a histogram. */
export function byteLengthOf({ recorders, laneBytes }: HistogramGeometry): number {
  return HEADER_BYTES + recorders * laneBytes;
}

/** Writes where the counts lie into zeroed memory. */
export function writeGeometry(region: Region, options: HistogramOptions): void {
  const { scale, recorders } = geometryOf(options), { u32, f64 } = region.views;
  u32[DIGITS_WORD] = scale.digits;
  u32[RECORDERS_WORD] = recorders;
  u32[COUNTS_WORD] = scale.length;
  f64[LOWEST_F64] = scale.lowest;
  f64[HIGHEST_F64] = scale.highest;
}

/** Reads where the counts lie, and refuses a header that contradicts itself, the region or the caller's options. */
export function readGeometry(region: Region, options: Partial<HistogramOptions>): HistogramGeometry {
  const refuse = (what: string, expected: unknown, found: unknown) =>
    new SegmentFormatError(
      "OBJECT",
      `Cannot attach to histogram ${region.name} as ${what} must be ${expected}: found ${found}`,
    );
  if (region.byteLength < HEADER_BYTES) throw refuse("its length", `${HEADER_BYTES} or more`, region.byteLength);
  const { u32, f64 } = region.source;
  const found = {
    lowest: f64[LOWEST_F64],
    highest: f64[HIGHEST_F64],
    digits: u32[DIGITS_WORD],
    recorders: u32[RECORDERS_WORD],
  };
  let geometry: HistogramGeometry;
  try {
    geometry = geometryOf(found);
  } catch (error) {
    throw refuse("its header", "a histogram's", (error as Error).message);
  }
  if (u32[COUNTS_WORD] !== geometry.scale.length) throw refuse("its counts", geometry.scale.length, u32[COUNTS_WORD]);
  const end = byteLengthOf(geometry);
  if (end > region.byteLength) throw refuse("its length", `${end} or more`, region.byteLength);
  for (const key of ["lowest", "highest", "digits", "recorders"] as const) {
    const asked = options?.[key];
    if ((asked ?? found[key]) !== found[key]) throw refuse(`'${key}'`, found[key], `${asked} in the options`);
  }
  return geometry;
}
