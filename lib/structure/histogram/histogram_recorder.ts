import { specialize, wordAccess } from "../../atomic/internal.ts";
import { ChannelEnd } from "../../channel/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { makeRecordPath, type RecordPath } from "./record_path.ts";
import { recordPortsOf } from "./record_ports.ts";
import type { Scale } from "./scale.ts";

/**
 * Counts values in a {@linkcode Histogram}, in a lane that nobody else writes. After closing it, or after the death of
 * its process, its counts stay and the next recorder may take the lane.
 */
export class HistogramRecorder implements Disposable {
  readonly #end: ChannelEnd;
  readonly #role: Role;
  readonly #path: RecordPath;

  /**
   * Counts a value. Fractions are cut off. A value below 0, as a difference of two clocks may be, counts as 0; one
   * above the highest counts as the highest, and in `beyond`.
   *
   * @param value The value.
   * @throws {RangeError} If it is not a number.
   * @throws {NotOwnerError} If this recorder was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly record: (value: number) => void;

  /** Made by `Histogram.recorder`. */
  constructor(region: Region, role: Role, scale: Scale, laneOffset: number) {
    const end = this.#end = new ChannelEnd(region, "record in", "recorder"), words = wordAccess(region.views.i32);
    this.#role = role;
    this.#path = specialize(makeRecordPath)(recordPortsOf({ region, words, scale, laneOffset, end }));
    this.record = this.#path.record;
  }

  /** Releases the lane. The second time nothing happens. */
  close(): void {
    this.#path.close();
    this.#end.close(() => this.#role.release());
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
