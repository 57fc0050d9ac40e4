import { specialize, wordAccess } from "../../atomic/internal.ts";
import { ChannelEnd, ClosableEnd } from "../../channel/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { makeRecordPath } from "./record_path.ts";
import { recordPortsOf } from "./record_ports.ts";
import type { Scale } from "./scale.ts";

/**
 * Counts values in a {@linkcode Histogram}, in a lane of its own. After closing it, or after the death of its process,
 * its counts stay and the next recorder may take the lane.
 */
export class HistogramRecorder extends ClosableEnd {
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
    const end = new ChannelEnd(region, "record in", "recorder"), words = wordAccess(region.views.i32);
    const path = specialize(makeRecordPath)(recordPortsOf({ region, words, scale, laneOffset, end }));
    super({ end, path, vacate: () => role.release() });
    this.record = path.record;
  }
}
