import { specialize, wordAccess } from "../../atomic/internal.ts";
import { ChannelEnd } from "../../channel/internal.ts";
import type { Region, Role } from "../../memory/mod.ts";
import { LOW_BITS, readCount, wordsOf } from "../shared/long_count.ts";
import { BEYOND_OFFSET, LANE_HEADER_BYTES } from "./format.ts";
import { makeRecordPath, type RecordPath } from "./record_path.ts";
import type { Scale } from "./scale.ts";

/** Most binary digits that 32-bit arithmetic has room for. */
const EASY_BITS = 30, EASY_MOST = 2 ** 31 - 1;

/**
 * Counts values in a {@linkcode Histogram}, in a lane that nobody else writes. Closing it, or the death of its process,
 * leaves what it counted, and the lane to the next recorder.
 */
export class HistogramRecorder implements Disposable {
  readonly #end: ChannelEnd;
  readonly #role: Role;
  readonly #path: RecordPath;

  /**
   * Counts a value. Fractions are cut off; what is below 0, as a difference of two clocks may be, counts as 0; what is
   * beyond the highest counts as the highest, and in `beyond`.
   *
   * @param value The value.
   * @throws {RangeError} If it is no number.
   * @throws {NotOwnerError} If this recorder was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly record: (value: number) => void;

  /** Made by `Histogram.recorder`. */
  constructor(region: Region, role: Role, scale: Scale, laneOffset: number) {
    const end = this.#end = new ChannelEnd(region, "record in", "recorder"), words = wordAccess(region.views.i32);
    const countsWord = (laneOffset + LANE_HEADER_BYTES) / 4, beyondWord = (laneOffset + BEYOND_OFFSET) / 4;
    const { unitBits, halfBits, highest } = scale;
    this.#role = role;
    const countBeyond = (): void => {
      const count = readCount(region.views.i32, beyondWord) + 1, [low, high] = wordsOf(count);
      words.release(beyondWord + 1, high);
      words.release(beyondWord, low); // pairs: long count
    };
    this.#path = specialize(makeRecordPath)({
      words,
      countsWord,
      unitBits,
      halfBits,
      easyMost: unitBits + halfBits + 1 > EASY_BITS ? -1 : Math.min(highest, EASY_MOST),
      lowBits: LOW_BITS,
      wordOf(value) {
        end.requireOpen();
        if (typeof value !== "number" || value !== value) {
          throw new RangeError(`Cannot record in ${end.name} as a value must be a number: received ${value}`);
        }
        if (value > highest) countBeyond();
        return countsWord + scale.indexOf(value > 0 ? Math.min(value, highest) : 0) * 2;
      },
      refuseUse: () => end.refuseUse(),
    });
    this.record = this.#path.record;
  }

  /** Gives the lane back. The second time nothing happens. */
  close(): void {
    this.#path.close();
    this.#end.close(() => this.#role.release());
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
