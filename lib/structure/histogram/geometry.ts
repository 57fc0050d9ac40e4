import { HeaderCheck, type Region, requireInteger, requireOptions } from "../../memory/internal.ts";
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
  requireInteger("make a histogram", "recorders", recorders, 1, MAX_RECORDERS);
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
  const header = new HeaderCheck("histogram", region, HEADER_BYTES), { u32, f64 } = region.source;
  const found = {
    lowest: f64[LOWEST_F64],
    highest: f64[HIGHEST_F64],
    digits: u32[DIGITS_WORD],
    recorders: u32[RECORDERS_WORD],
  };
  const geometry = header.geometry(() => geometryOf(found));
  header.require("its counts", geometry.scale.length, u32[COUNTS_WORD]);
  header.requireLength(byteLengthOf(geometry), `for ${found.recorders} recorders`);
  header.requireOptions(found, options);
  return geometry;
}
