import { monotonicNs } from "../../ffi/system.ts";

/** What the batches of a case took, in nanoseconds each time. */
export interface Batches {
  readonly p50: number;
  readonly min: number;
}

/** Runs a batch of so many times again and again, twice as often as it counts: the first half is warm-up. */
export function timeBatches(run: () => void, counted: number, times: number): Batches {
  const batches: number[] = [];
  for (let batch = 0; batch < counted * 2; batch++) {
    const start = monotonicNs();
    run();
    if (batch >= counted) batches.push((monotonicNs() - start) / times);
  }
  return summaryOf(batches);
}

/** The middle and the least of what was measured. */
export function summaryOf(batches: number[]): Batches {
  batches.sort((a, b) => a - b);
  return { p50: batches[batches.length >> 1], min: batches[0] };
}
