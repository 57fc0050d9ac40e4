import { decodeHdr, encodeHdr } from "./hdr_text.ts";
import { type HistogramScale, Scale } from "./scale.ts";

/** A range of values that a {@linkcode HistogramReading} does not distinguish, and how many there are of them. */
export interface HistogramEntry {
  /** The lowest of them. */
  readonly lowest: number;
  /** The highest of them. */
  readonly highest: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * The counts of a {@linkcode Histogram} at one time, or between two times; or a program's own counts. It belongs to
 * this program alone: no other process changes it.
 */
export class HistogramReading {
  /** How many values belong to each of the scale's counts. */
  readonly counts: Float64Array;
  /** How many of the values were above the highest: they count as the highest. */
  beyond: number = 0;
  readonly #scale: Scale;

  /**
   * Makes an empty reading.
   *
   * @param scale Range and precision.
   * @throws {RangeError} If the scale is out of range.
   */
  constructor(scale: HistogramScale) {
    this.#scale = scale instanceof Scale ? scale : new Scale(scale);
    this.counts = new Float64Array(this.#scale.length);
  }

  /**
   * Reads HdrHistogram's base64 form, version 2, compressed or not.
   *
   * @throws {RangeError} If the text is not of that form.
   */
  static fromBase64(text: string): HistogramReading {
    const { scale, counts } = decodeHdr(text), reading = new HistogramReading(scale);
    reading.counts.set(counts);
    return reading;
  }

  /** The reading in HdrHistogram's base64 form, version 2, in its compressed variant. It leaves out `beyond`. */
  toBase64(): string {
    return encodeHdr(this.#scale, this.counts);
  }

  /** The lowest value that is distinct from 0. */
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

  /** The lowest value, as the lower end of its range; 0 if there is no value. */
  get min(): number {
    const index = this.counts.findIndex((count) => count > 0);
    return index < 0 ? 0 : this.#scale.lowestOf(index);
  }

  /** The highest value, as the upper end of its range; 0 if there is no value. */
  get max(): number {
    const index = this.counts.findLastIndex((count) => count > 0);
    return index < 0 ? 0 : this.#scale.highestOf(index);
  }

  /** The mean of the values, each as the middle of its range; 0 if there is no value. */
  get mean(): number {
    const { total } = this;
    return total === 0 ? 0 : this.#sum((value) => value) / total;
  }

  /** Their standard deviation; 0 if there is no value. */
  get stdDev(): number {
    const { total, mean } = this;
    return total === 0 ? 0 : Math.sqrt(this.#sum((value) => (value - mean) ** 2) / total);
  }

  /**
   * The value that this percentage of the values does not exceed, as the upper end of its range; 0 if there is no
   * value.
   *
   * @param percent From 0, the lowest value, to 100, the highest.
   * @throws {RangeError} If it is out of range.
   */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new RangeError(`Cannot compute a percentile as it must be from 0 to 100: received ${percent}`);
    }
    // Rounded up, except for the rounding error of the multiplication.
    const exact = percent / 100 * this.total, rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    let sum = 0;
    for (let i = 0; i < this.counts.length; i++) {
      sum += this.counts[i];
      if (sum >= rank) return percent === 0 ? this.#scale.lowestOf(i) : this.#scale.highestOf(i);
    }
    return 0;
  }

  /** The counts above 0, from the lowest value to the highest, each with its range of values. */
  *entries(): IterableIterator<HistogramEntry> {
    const scale = this.#scale;
    for (let i = 0; i < this.counts.length; i++) {
      const count = this.counts[i];
      if (count !== 0) yield { lowest: scale.lowestOf(i), highest: scale.highestOf(i), count };
    }
  }

  /**
   * How many values there are in the range of a value.
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
   * @throws {RangeError} If it is out of range, or `times` is not an integer of 0 or more.
   */
  record(value: number, times = 1): void {
    if (!Number.isSafeInteger(times) || times < 0) {
      throw new RangeError(`Cannot record a value as 'times' must be an integer of 0 or more: received ${times}`);
    }
    this.counts[this.#indexOf(value)] += times;
  }

  /** Removes all values. */
  clear(): void {
    this.counts.fill(0);
    this.beyond = 0;
  }

  /** An independent copy. */
  clone(): HistogramReading {
    const clone = new HistogramReading(this.#scale);
    clone.add(this);
    return clone;
  }

  /**
   * Adds the counts of another reading.
   *
   * @throws {TypeError} If its scale is another one.
   */
  add(other: HistogramReading): void {
    this.#requireSame("add", other);
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += other.counts[i];
    this.beyond += other.beyond;
  }

  /**
   * Subtracts an earlier reading of the same histogram: what remains was recorded after it.
   *
   * @throws {TypeError} If its scale is another one.
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
      // The middle, as HdrHistogram defines it: of a single value, that value.
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
