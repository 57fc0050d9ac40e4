import { chars, decimal, f64, i32, struct, u32, u53, type ViewOf } from "../../mod.ts";

/** 40 bytes in which everything follows from the first field, so that tearing shows itself; of kinds that C has. */
export const Tick = struct("Tick", {
  sequence: u53,
  check: u32,
  low: i32,
  twice: f64,
  price: decimal(2),
  name: chars(8),
});

/** Fills a record. */
export function fillTick(tick: ViewOf<typeof Tick>, sequence: number): void {
  tick.sequence = sequence;
  tick.check = Math.imul(sequence, 0x9e3779b1) >>> 0;
  tick.low = sequence | 0;
  tick.twice = sequence * 2;
  tick.price = sequence / 4;
  tick.name = `t${sequence % 1000}`;
}

/** Whether all fields belong to one record. */
export function isWholeTick({ sequence, check, low, twice, price, name }: ViewOf<typeof Tick>): boolean {
  return check === Math.imul(sequence, 0x9e3779b1) >>> 0 && low === (sequence | 0) && twice === sequence * 2 &&
    price === sequence / 4 && name === `t${sequence % 1000}`;
}

/** What the readers of a pipeline add to a record: `book` first, then `pricing`. */
export const Job = struct("Job", { sequence: u53, book: f64, pricing: f64 });

/** The readers of the pipeline. */
export const READERS = { book: [], pricing: ["book"] } as const;

/** How many rows tables have. */
export const ROWS = 8;
