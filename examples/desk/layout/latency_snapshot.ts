import { BUCKETS, largestOf } from "./latency_buckets.ts";

/** What a latency histogram counted at a time, or between two times. */
export class LatencySnapshot {
  /** Counts by bucket. */
  readonly counts: Float64Array = new Float64Array(BUCKETS);

  /** How many values there are. */
  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Forgets all. */
  clear(): void {
    this.counts.fill(0);
  }

  /** Adds what another one counted. */
  add(other: LatencySnapshot): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i] += other.counts[i];
  }

  /** Takes away what an earlier snapshot of the same histogram counted. */
  subtract(earlier: LatencySnapshot): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i] -= earlier.counts[i];
  }

  /**
   * The value that so many of 100 values do not exceed, at most 0.8 % too large; 0 if there are none.
   *
   * @param percent From 0 to 100: 50 is the median, 100 the largest value.
   */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil(this.total * percent / 100));
    let sum = 0;
    for (let i = 0; i < BUCKETS; i++) {
      sum += this.counts[i];
      if (sum >= rank) return largestOf(i);
    }
    return 0;
  }
}
