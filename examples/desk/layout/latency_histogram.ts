import { load, peek, release } from "../../../lib/atomic/mod.ts";
import { Role } from "../../../lib/memory/mod.ts";
import { ClosedError, NotOwnerError, type Region, SegmentFormatError } from "../../../mod.ts";
import { bucketOf, BUCKETS } from "./latency_buckets.ts";
import type { LatencySnapshot } from "./latency_snapshot.ts";

/*
 *     offset  bytes  field
 *          0      4  how many buckets
 *         64      4  recorder: the id of who may record, 0 for nobody
 *        128      …  counts, 4 bytes each
 */
const BUCKETS_WORD = 0;
const RECORDER_WORD: number = 64 / 4;
const COUNTS_WORD: number = 128 / 4;

/** A count stays here: the bucket is full. */
const FULL = 2 ** 32 - 1;

/**
 * How often which latency was seen, in nanoseconds up to 18 minutes. One recorder at a time; any number of readers, in
 * any processes; nobody waits for anybody. A recorder that dies leaves what it counted, and its role to the next one,
 * which counts on.
 *
 * @example
 * ```ts
 * import { Region } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 * import { LatencyHistogram } from "./latency_histogram.ts";
 * import { LatencySnapshot } from "./latency_snapshot.ts";
 *
 * const region = Region.over(new SharedArrayBuffer(LatencyHistogram.byteLength()));
 * LatencyHistogram.init(region);
 * const histogram = LatencyHistogram.attach(region);
 * using recorder = histogram.recorder();
 * for (let i = 1; i <= 100; i++) recorder.record(i);
 * const seen = new LatencySnapshot();
 * histogram.read(seen);
 * assertEquals([seen.total, seen.percentile(50), seen.percentile(99)], [100, 50, 99]);
 * ```
 */
export class LatencyHistogram {
  /** The name in the catalog. */
  static readonly kind = "LatencyHistogram";

  readonly #region: Region;
  readonly #role: Role;

  private constructor(region: Region) {
    this.#region = region;
    this.#role = new Role(`the recorder of ${region.name}`, region, RECORDER_WORD);
  }

  /** The bytes a histogram takes. */
  static byteLength(): number {
    return (COUNTS_WORD + BUCKETS) * 4;
  }

  /** Prepares a histogram in zeroed memory; the creator does it once. */
  static init(region: Region): void {
    region.views.u32[BUCKETS_WORD] = BUCKETS;
  }

  /**
   * Attaches to a histogram.
   *
   * @throws {SegmentFormatError} If it has other buckets.
   */
  static attach(region: Region): LatencyHistogram {
    const buckets = region.byteLength >= LatencyHistogram.byteLength() ? region.source.u32[BUCKETS_WORD] : 0;
    if (buckets === BUCKETS) return new LatencyHistogram(region);
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot attach to latency histogram ${region.name} as it must have ${BUCKETS} buckets: found ${buckets}`,
    );
  }

  /**
   * Becomes the recorder. Give the role back with `close()` or `using`; from a dead one it is taken over.
   *
   * @throws {RoleTakenError} If there is a live recorder, in whichever process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  recorder(): LatencyRecorder {
    if (this.#region.source.closed) this.#refuseClosed();
    this.#role.acquire();
    return new LatencyRecorder(this.#region, this.#role);
  }

  /**
   * Copies the counts. What is recorded meanwhile may be in the copy, or not.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  read(into: LatencySnapshot): void {
    if (this.#region.source.closed) this.#refuseClosed();
    const { u32 } = this.#region.source;
    for (let i = 0; i < BUCKETS; i++) into.counts[i] = load(u32, COUNTS_WORD + i); // pairs with record
  }

  #refuseClosed(): never {
    throw new ClosedError(`Cannot use ${this.#region.name} as its segment was closed; open it again`);
  }
}

/** The one recorder of a {@linkcode LatencyHistogram}. */
export class LatencyRecorder implements Disposable {
  readonly #region: Region;
  readonly #role: Role;
  readonly #counts: Uint32Array;
  #isOpen = true;

  /** Use `LatencyHistogram.recorder`. */
  constructor(region: Region, role: Role) {
    this.#region = region;
    this.#role = role;
    this.#counts = region.views.u32;
  }

  /**
   * Counts a latency.
   *
   * @param ns Nanoseconds; what is below 0, as clocks may be, counts as 0.
   * @throws {NotOwnerError} If this recorder was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  record(ns: number): void {
    if (!this.#isOpen || this.#counts.length === 0) this.#refuseUse();
    const word = COUNTS_WORD + bucketOf(ns), count = peek(this.#counts, word); // written by this recorder alone
    if (count < FULL) release(this.#counts, word, count + 1); // pairs with read
  }

  /** Gives the role back. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#region.source.closed) this.#role.release();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #refuseUse(): never {
    if (this.#region.source.closed) {
      throw new ClosedError(`Cannot record in ${this.#region.name} as its segment was closed; open it again`);
    }
    throw new NotOwnerError(`Cannot record in ${this.#region.name} as this recorder was closed; call recorder() again`);
  }
}
