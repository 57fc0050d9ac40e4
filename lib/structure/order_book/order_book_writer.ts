import { specialize, wordAccess } from "../../atomic/internal.ts";
import { ChannelEnd, ClosableEnd } from "../../channel/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import type { BookUpdate } from "./book_update.ts";
import { FOLLOWING, KNOWN_ASK_F64, KNOWN_BID_F64, SEQUENCE_F64, SNAPSHOT, STATE_WORD, TIME_F64 } from "./format.ts";
import type { BookGeometry } from "./geometry.ts";
import { type BookApplied, type BookWriterPath, makeBookWriterPath } from "./writer_path.ts";
import { writerPortsOf } from "./writer_ports.ts";

/**
 * The one writer of an {@linkcode OrderBook}. When it is closed or dies, the book stays as it was published last.
 */
export class OrderBookWriter extends ClosableEnd {
  readonly #region: Region;
  readonly #path: BookWriterPath;

  /**
   * Replaces the whole book, and publishes it. A snapshot that is older than a valid book is stale.
   *
   * @param update The book: every level, the last sequence number that it covers, and how far down it is complete.
   * @throws {RangeError} If a price is not finite, or a quantity is below 0 or not finite; then nothing is published.
   * @throws {NotOwnerError} If this writer was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly snapshot: (update: BookUpdate) => BookApplied;

  /**
   * Applies a change and publishes it at once. Unless changes have no numbers, it must follow the last one: its
   * `previous` is that one's `last`. The first change after a snapshot may also begin before the snapshot and end after
   * it.
   *
   * @param update The levels that changed, with their new quantities.
   * @throws As `snapshot` does.
   */
  readonly change: (update: BookUpdate) => BookApplied;

  /**
   * Makes the book invalid until the next snapshot, as for a gap that the caller detected.
   *
   * @throws As `snapshot` does, except for the levels.
   */
  readonly invalidate: () => void;

  /** Made by `OrderBook.writer`. */
  constructor(region: Region, role: Role, geometry: BookGeometry) {
    const { i32, f64: doubles } = region.views, end = new ChannelEnd(region, "write", "writer");
    const path = specialize(makeBookWriterPath)(writerPortsOf({ words: wordAccess(i32), doubles, geometry, end }));
    super({ end, path, vacate: () => role.release() });
    this.#region = region;
    this.#path = path;
    this.snapshot = path.snapshot;
    this.change = path.change;
    this.invalidate = path.invalidate;
  }

  /** Sequence number of the last update applied, by whichever writer. */
  get sequence(): number {
    return this.#region.source.f64[this.#path.current() / 2 + SEQUENCE_F64];
  }

  /** The time of that update; NaN if it had none. */
  get time(): number {
    return this.#region.source.f64[this.#path.current() / 2 + TIME_F64];
  }

  /** Whether the book is valid. */
  get isValid(): boolean {
    const state = this.#region.source.i32[this.#path.current() + STATE_WORD];
    return state === SNAPSHOT || state === FOLLOWING;
  }

  /** Whether a change was applied since the last snapshot. */
  get isFollowing(): boolean {
    return this.#region.source.i32[this.#path.current() + STATE_WORD] === FOLLOWING;
  }

  /** Whether the book is valid and complete, however far from the best prices. */
  get isWhole(): boolean {
    const half = this.#path.current() / 2, { f64 } = this.#region.source;
    return this.isValid && f64[half + KNOWN_BID_F64] === -Infinity && f64[half + KNOWN_ASK_F64] === Infinity;
  }
}
