import { f64, i32, type Region, struct, u32, type ViewOf } from "../../mod.ts";

/** 24 bytes, cheap to check: a check sum that every word changes. */
export const Small = struct("Small", { sequence: f64, low: u32, check: i32, twice: f64 });

/** Fills a record. */
export function fillSmall(record: ViewOf<typeof Small>, sequence: number): void {
  record.sequence = sequence;
  record.low = sequence >>> 0;
  record.check = Math.imul(sequence, 0x9e3779b1);
  record.twice = sequence * 2;
}

/** Whether all fields belong to one record. */
export function isWholeSmall({ sequence, low, check, twice }: ViewOf<typeof Small>): boolean {
  return low === sequence >>> 0 && check === Math.imul(sequence, 0x9e3779b1) && twice === sequence * 2;
}

/** Makes an empty ring look as if that many records had gone through it; offsets as in spsc_ring/format.ts. */
export function startRingAt(words: Uint32Array, position: number): void {
  words[128 / 4] = position;
  words[256 / 4] = position;
}

/** The words of any object. */
export const Raw = {
  byteLength: () => 8,
  init: (): void => {},
  attach: (region: Region): Uint32Array => region.views.u32,
};

/** What peers leave for the test, whatever becomes of them: doubles, each written by one process at a time. */
export const Notes = {
  kind: "Notes",
  byteLength: (): number => 1024,
  init: (): void => {},
  attach: (region: Region): Float64Array => region.views.f64,
};

/** The last sequence for which publish returned. */
export const PUBLISHED = 0;
/** The last sequence that a consumer saw, and the last for which drain returned. */
export const SEEN = 16;
export const GIVEN = 17;
/** What went wrong: how often, and an example. */
export const ERRORS = 32;
export const EXAMPLE = 33;
/** How often a new consumer received again what its predecessor saw. */
export const AGAIN = 18;
