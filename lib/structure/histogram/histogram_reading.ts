import { decodeHdr, encodeHdr } from "./hdr_text.ts";
import { type HistogramScale, Scale } from "./scale.ts";

/** Values of a {@linkcode HistogramReading} that cannot be told from each other, and how many there are of them. */
export interface HistogramEntry {
  /** The lowest of them. */
  readonly lowest: number;
  /** The highest of them. */
  readonly highest: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * What a {@linkcode Histogram} had counted at a time, or between two times; or counts of one's own. It belongs to this
 * program alone: nobody else changes it.
 */
export class HistogramReading {
  /** How many values belong to each of the scale's counts. */
  readonly counts: Float64Array;
  /** How many of the values lay beyond the highest: they are among those of the highest. */
  beyond: number = 0;
  readonly #scale: Scale;

  /**
   * Makes an empty one.
   *
   * @param scale How values are told apart.
   * @throws {RangeError} If there is no such scale.
   */
  constructor(scale: HistogramScale) {
    this.#scale = scale instanceof Scale ? scale : new Scale(scale);
    this.counts = new Float64Array(this.#scale.length);
  }

  /**
   * Reads HdrHistogram's base64 form, version 2, compressed or not.
   *
   * @throws {RangeError} If it is none.
   */
  static fromBase64(text: string): HistogramReading {
    const { scale, counts } = decodeHdr(text), reading = new HistogramReading(scale);
    reading.counts.set(counts);
    return reading;
  }

  /** The same as HdrHistogram's base64 form, version 2, in its compressed variant. What `beyond` says is not in it. */
  toBase64(): string {
    return encodeHdr(this.#scale, this.counts);
  }

  /** The lowest value that is told from 0. */
  get lowest(): number {
    return this.#scale.lowest;
  }

  /** The highest value. */
  get highest(): number {
    return this.#scale.highest;
  }

  /** Significant decimal digits. */
  get digits(): number {
    return this.#scale.digits;
  }

  /** How many values there are. */
  get total(): number {
    let total = 0;
    for (const count of this.counts) total += count;
    return total;
  }

  /** The lowest value there is, as the lowest that cannot be told from it; 0 if there is none. */
  get min(): number {
    const index = this.counts.findIndex((count) => count > 0);
    return index < 0 ? 0 : this.#scale.lowestOf(index);
  }

  /** The highest value there is, as the highest that cannot be told from it; 0 if there is none. */
  get max(): number {
    const index = this.counts.findLastIndex((count) => count > 0);
    return index < 0 ? 0 : this.#scale.highestOf(index);
  }

  /** The mean of the values, each as the middle of those that cannot be told from it; 0 if there is none. */
  get mean(): number {
    const { total } = this;
    return total === 0 ? 0 : this.#sum((value) => value) / total;
  }

  /** Their standard deviation; 0 if there is none. */
  get stdDev(): number {
    const { total, mean } = this;
    return total === 0 ? 0 : Math.sqrt(this.#sum((value) => (value - mean) ** 2) / total);
  }

  /**
   * The value that so many of 100 values do not exceed, as the highest that cannot be told from it; 0 if there is none.
   *
   * @param percent From 0, the lowest value, to 100, the highest.
   * @throws {RangeError} If it is outside.
   */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new RangeError(`Cannot tell a percentile as it must be from 0 to 100: received ${percent}`);
    }
    // Rounded up, but for what the multiplication has rounded.
    const exact = percent / 100 * this.total, rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    let sum = 0;
    for (let i = 0; i < this.counts.length; i++) {
      sum += this.counts[i];
      if (sum >= rank) return percent === 0 ? this.#scale.lowestOf(i) : this.#scale.highestOf(i);
    }
    return 0;
  }

  /** What was counted, from the lowest value to the highest: each count above 0, with the values it stands for. */
  *entries(): IterableIterator<HistogramEntry> {
    const scale = this.#scale;
    for (let i = 0; i < this.counts.length; i++) {
      const count = this.counts[i];
      if (count !== 0) yield { lowest: scale.lowestOf(i), highest: scale.highestOf(i), count };
    }
  }

  /**
   * How many values there are that cannot be told from one.
   *
   * @throws {RangeError} If it is below 0 or beyond the highest.
   */
  countAt(value: number): number {
    return this.counts[this.#indexOf(value)];
  }

  /**
   * Counts a value.
   *
   * @param value From 0 to the highest.
   * @param times How often.
   * @throws {RangeError} If it is outside, or `times` is no integer from 0 on.
   */
  record(value: number, times = 1): void {
    if (!Number.isSafeInteger(times) || times < 0) {
      throw new RangeError(`Cannot record a value as 'times' must be an integer from 0 on: received ${times}`);
    }
    this.counts[this.#indexOf(value)] += times;
  }

  /** Forgets all. */
  clear(): void {
    this.counts.fill(0);
    this.beyond = 0;
  }

  /** A copy that goes its own way. */
  clone(): HistogramReading {
    const clone = new HistogramReading(this.#scale);
    clone.add(this);
    return clone;
  }

  /**
   * Adds what another one counted.
   *
   * @throws {TypeError} If it tells values apart in another way.
   */
  add(other: HistogramReading): void {
    this.#requireSame("add", other);
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += other.counts[i];
    this.beyond += other.beyond;
  }

  /**
   * Takes away what an earlier reading of the same histogram counted: what is left came after it.
   *
   * @throws {TypeError} If it tells values apart in another way.
   */
  subtract(earlier: HistogramReading): void {
    this.#requireSame("subtract", earlier);
    for (let i = 0; i < this.counts.length; i++) this.counts[i] -= earlier.counts[i];
    this.beyond -= earlier.beyond;
  }

  #sum(of: (value: number) => number): number {
    const scale = this.#scale;
    let sum = 0;
    this.counts.forEach((count, i) => {
      // The middle, as HdrHistogram takes it: of one value, that.
      if (count > 0) sum += count * of(scale.lowestOf(i) + Math.floor(scale.widthOf(i) / 2));
    });
    return sum;
  }

  #indexOf(value: number): number {
    if (value >= 0 && value <= this.#scale.highest) return this.#scale.indexOf(value);
    throw new RangeError(`Cannot count a value as it must be from 0 to ${this.#scale.highest}: received ${value}`);
  }

  #requireSame(action: string, other: HistogramReading): void {
    if (other instanceof HistogramReading && this.#scale.equals(other.#scale)) return;
    throw new TypeError(
      `Cannot ${action} a reading as its values must be ${this.#scale}: received ${
        other instanceof HistogramReading ? other.#scale : typeof other
      }`,
    );
  }
}
