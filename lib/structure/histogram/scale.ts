import { requireInteger } from "../../memory/internal.ts";

/*
 * The count of a value, by G. Tene's HdrHistogram: values below 2 · 10^digits units have one count each; from there on
 * each doubling of the value has half as many counts.
 *
 *     unit      2^⌊log2 lowest⌋
 *     half      2^(⌈log2(2 · 10^digits)⌉ − 1)
 *     value     bucket b: ⌊log2(max(value / unit, 2·half − 1))⌋ − log2 half, from 0
 *     index     (b + 1) · half + ⌊value / (unit · 2^b)⌋ − half
 */

/** The range and precision of a {@linkcode Histogram}. */
export interface HistogramScale {
  /** The lowest value that is distinct from 0: an integer of 1 or more. Defaults to 1. */
  readonly lowest?: number;
  /** The highest value, at least twice the lowest; at most 2^53 − 1. */
  readonly highest: number;
  /** Significant decimal digits that are kept: 1 to 5. Defaults to 3. */
  readonly digits?: number;
}

/** A scale and what follows from it. */
export class Scale {
  readonly lowest: number;
  readonly highest: number;
  readonly digits: number;
  /** Binary digits of a unit. */
  readonly unitBits: number;
  /** Binary digits of half the values that the first bucket distinguishes. */
  readonly halfBits: number;
  /** How many counts there are. */
  readonly length: number;

  /** @throws {RangeError} If the scale is out of range. */
  constructor({ lowest = 1, highest, digits = 3 }: HistogramScale) {
    requireInteger("make a histogram", "lowest", lowest, 1, 2 ** 52 - 1);
    requireInteger("make a histogram", "highest", highest, 2 * lowest, Number.MAX_SAFE_INTEGER);
    requireInteger("make a histogram", "digits", digits, 1, 5);
    this.lowest = lowest;
    this.highest = highest;
    this.digits = digits;
    this.unitBits = Math.floor(Math.log2(lowest));
    if (2 ** this.unitBits > lowest) this.unitBits--; // log2 rounds
    this.halfBits = Math.ceil(Math.log2(2 * 10 ** digits)) - 1;
    let buckets = 1, end = 2 ** (this.halfBits + 1 + this.unitBits);
    for (; end <= highest; end *= 2) buckets++;
    this.length = (buckets + 1) * 2 ** this.halfBits;
  }

  /** The index of a value's count, from 0 to the highest. */
  indexOf(value: number): number {
    const units = Math.floor(value / 2 ** this.unitBits), first = this.halfBits + 1;
    let bucket = 0;
    while (units >= 2 ** (first + bucket)) bucket++;
    return bucket * 2 ** this.halfBits + Math.floor(units / 2 ** bucket);
  }

  /** The lowest value that a count counts. */
  lowestOf(index: number): number {
    const half = 2 ** this.halfBits, bucket = Math.max(0, Math.floor(index / half) - 1);
    return (index - bucket * half) * 2 ** (bucket + this.unitBits);
  }

  /** How many values share a count. */
  widthOf(index: number): number {
    return 2 ** (Math.max(0, Math.floor(index / 2 ** this.halfBits) - 1) + this.unitBits);
  }

  /** The highest value that a count counts. */
  highestOf(index: number): number {
    return this.lowestOf(index) + this.widthOf(index) - 1;
  }

  /** Whether range and precision are the same. */
  equals(other: Scale): boolean {
    return this.unitBits === other.unitBits && this.halfBits === other.halfBits && this.length === other.length;
  }

  /** In words, for messages. */
  toString(): string {
    return `${this.lowest} to ${this.highest} with ${this.digits} digits`;
  }
}
