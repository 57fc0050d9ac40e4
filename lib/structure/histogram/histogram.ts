import { RoleTakenError } from "../../errors.ts";
import { OWN_TYPE, type Region, requireOpen, Role } from "../../memory/internal.ts";
import { readCount } from "../shared/long_count.ts";
import { BEYOND_OFFSET, HEADER_BYTES, LANE_HEADER_BYTES, RECORDER_OFFSET } from "./format.ts";
import {
  byteLengthOf,
  geometryOf,
  type HistogramGeometry,
  type HistogramOptions,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";
import { HistogramReading } from "./histogram_reading.ts";
import { HistogramRecorder } from "./histogram_recorder.ts";

/**
 * Counts how often each value was seen, such as latencies in nanoseconds, to a declared number of digits over a
 * declared range. A declared number of recorders, in any processes, and any number of readers; none of them waits for
 * another. Recording allocates nothing. A recorder that dies leaves its counts; the next recorder continues its lane.
 *
 * A reading is not a snapshot of one moment: each value recorded meanwhile is in it or not. None is lost: it is in a
 * later reading, so the difference of two readings is what was recorded between them.
 *
 * Source: G. Tene's HdrHistogram, whose scale and text form it has.
 *
 * @example
 * ```ts
 * import { Histogram, HistogramReading, Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { highest: 1e9, digits: 3 }; // nanoseconds, up to a second
 * const region = Region.over(new SharedArrayBuffer(Histogram.byteLength(options)));
 * Histogram.init(region, options);
 * const latencies = Histogram.attach(region, options);
 *
 * using recorder = latencies.recorder();
 * for (let i = 1; i <= 100; i++) recorder.record(i);
 *
 * const reading = latencies.read();
 * assertEquals([reading.total, reading.percentile(50), reading.percentile(99), reading.max], [100, 50, 99, 100]);
 * recorder.record(5_000_000);
 * const later = latencies.read();
 * later.subtract(reading);
 * assertEquals([later.total, later.max], [1, 5_001_215]); // to three digits
 * assertEquals(HistogramReading.fromBase64(later.toBase64()).total, 1);
 * ```
 */
export class Histogram {
  /** The name in the catalog. */
  static readonly kind = "Histogram";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  readonly #region: Region;
  readonly #geometry: HistogramGeometry;

  private constructor(region: Region, geometry: HistogramGeometry) {
    this.#region = region;
    this.#geometry = geometry;
  }

  /** The bytes a histogram takes. */
  static byteLength(options: HistogramOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** Prepares a histogram in zeroed memory; the creator does it once. */
  static init(region: Region, options: HistogramOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a histogram. The options are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If it contradicts them, itself, or its length.
   */
  static attach(region: Region, options: Partial<HistogramOptions>): Histogram {
    return new Histogram(region, readGeometry(region, options));
  }

  /** The lowest value that is distinct from 0. */
  get lowest(): number {
    return this.#geometry.scale.lowest;
  }

  /** The highest value. */
  get highest(): number {
    return this.#geometry.scale.highest;
  }

  /** Significant decimal digits. */
  get digits(): number {
    return this.#geometry.scale.digits;
  }

  /** The most recorders at a time. */
  get recorders(): number {
    return this.#geometry.recorders;
  }

  /**
   * Becomes a recorder, also in place of one that died. `close()` or `using` releases the role.
   *
   * @throws {RoleTakenError} If all recorders are taken by living attachments.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  recorder(): HistogramRecorder {
    requireOpen(this.#region);
    const { recorders, scale } = this.#geometry;
    for (let lane = 0; lane < recorders; lane++) {
      const offset = this.#laneOffset(lane), what = `recorder ${lane + 1} of ${recorders} of ${this.#region.name}`;
      const role = new Role(what, this.#region, (offset + RECORDER_OFFSET) / 4);
      try {
        return role.acquireFor(() => new HistogramRecorder(this.#region, role, scale, offset));
      } catch (error) {
        if (!(error instanceof RoleTakenError) || lane + 1 === recorders) throw error;
      }
    }
    throw new RangeError("A histogram has a recorder"); // checked when this object was attached
  }

  /**
   * Adds up the counts of all recorders.
   *
   * @param into The reading to overwrite. Defaults to a new one.
   * @returns That reading.
   * @throws {TypeError} If the scale of `into` is another one.
   * @throws {ClosedError} If the segment was closed.
   */
  read(into: HistogramReading = new HistogramReading(this.#geometry.scale)): HistogramReading {
    requireOpen(this.#region);
    const { scale, recorders } = this.#geometry, words = this.#region.source.i32, { counts } = into;
    if (counts.length !== scale.length || into.lowest !== scale.lowest || into.digits !== scale.digits) {
      throw new TypeError(
        `Cannot read ${this.#region.name} into a reading as its values must be ${scale}: ` +
          `received ${into.lowest} to ${into.highest} with ${into.digits} digits`,
      );
    }
    into.clear();
    for (let lane = 0; lane < recorders; lane++) {
      const offset = this.#laneOffset(lane), first = (offset + LANE_HEADER_BYTES) / 4;
      into.beyond += readCount(words, (offset + BEYOND_OFFSET) / 4);
      for (let i = 0; i < scale.length; i++) counts[i] += readCount(words, first + i * 2);
    }
    return into;
  }

  #laneOffset(lane: number): number {
    return HEADER_BYTES + lane * this.#geometry.laneBytes;
  }
}
