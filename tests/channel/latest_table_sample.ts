import { decimal, f64, type Segment, struct, u32, u53, type ViewOf } from "../../mod.ts";

/** 64 bytes in which everything follows from the first field, so that tearing shows itself. */
export const Sample = struct("Sample", {
  sequence: u53,
  double: f64,
  half: f64,
  third: decimal(2),
  low: u32,
  inverse: u32,
  sum: f64,
  negative: decimal(0),
  again: u53,
});

/** Fills a sample. */
export function fill(sample: ViewOf<typeof Sample>, sequence: number): void {
  sample.sequence = sequence;
  sample.double = sequence * 2;
  sample.half = sequence / 2;
  sample.third = sequence * 3;
  sample.low = sequence >>> 0;
  sample.inverse = ~sequence >>> 0;
  sample.sum = sequence * 2.5;
  sample.negative = -sequence;
  sample.again = sequence;
}

/** Whether all fields belong to one write. */
export function isWhole(sample: ViewOf<typeof Sample>): boolean {
  const { sequence } = sample;
  return sample.double === sequence * 2 && sample.half === sequence / 2 && sample.third === sequence * 3 &&
    sample.low === sequence >>> 0 && sample.inverse === (~sequence >>> 0) && sample.sum === sequence * 2.5 &&
    sample.negative === (sequence === 0 ? 0 : -sequence) && sample.again === sequence;
}

/** The table that two threads of one process share. */
export const THREADS_TABLE = { layout: Sample, rows: 2, versions: 4 };

/** Where the rows' versions start, so that some pass 2^31 and 2^32 within the first writes. */
export const START_VERSIONS: readonly number[] = [2 ** 31 - 500, 2 ** 32 - 500, 0, 2 ** 33 - 500];

/** Makes a row look as if it had been written that often, with a whole sample; offsets as in latest_table/format.ts. */
export function startAt(segment: Segment, object: string, row: number, version: number, versions: number): void {
  if (version === 0) return;
  const raw = {
    kind: "LatestTable",
    byteLength: () => 8,
    init: () => {},
    attach: (region: { views: { u32: Uint32Array } }) => region.views.u32,
  };
  const words = segment.open(object, raw, {});
  const slot = 8 + Sample.byteLength, rowBytes = Math.ceil((8 + versions * slot) / 64) * 64, at = 256 + row * rowBytes;
  const low = version >>> 0, high = Math.floor(version / 2 ** 32);
  words[at / 4] = low;
  words[(at + 8 + low % versions * slot) / 4] = low;
  words[(at + 8 + low % versions * slot) / 4 + 1] = high;
  // An empty record is not whole: its inverse must be that of 0.
  const sample = Sample.alloc();
  fill(sample, 0);
  Sample.viewsOf(sample).u32.forEach((word, i) => words[(at + 16 + low % versions * slot) / 4 + i] = word);
}
