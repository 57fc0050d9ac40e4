import type { WordAccess } from "../../atomic/internal.ts";
import type { ChannelEnd } from "../../channel/internal.ts";
import type { Region } from "../../memory/mod.ts";
import { LOW_BITS, readCount, wordsOf } from "../shared/long_count.ts";
import { BEYOND_OFFSET, LANE_HEADER_BYTES } from "./format.ts";
import type { RecordPorts } from "./record_path.ts";
import type { Scale } from "./scale.ts";

/** The most binary digits for which 32-bit arithmetic suffices. */
const EASY_BITS = 30, EASY_MOST = 2 ** 31 - 1;

/** A lane to record in, and how its words are accessed. */
export interface RecordLane {
  readonly region: Region;
  readonly words: WordAccess;
  readonly scale: Scale;
  /** Where the lane begins, in bytes. */
  readonly laneOffset: number;
  /** The recorder's end of it. */
  readonly end: ChannelEnd;
}

/** What recording in a lane needs. */
export function recordPortsOf({ region, words, scale, laneOffset, end }: RecordLane): RecordPorts {
  const countsWord = (laneOffset + LANE_HEADER_BYTES) / 4, beyondWord = (laneOffset + BEYOND_OFFSET) / 4;
  const { unitBits, halfBits, highest } = scale;
  const countBeyond = (): void => {
    const count = readCount(region.views.i32, beyondWord) + 1, [low, high] = wordsOf(count);
    words.release(beyondWord + 1, high);
    words.release(beyondWord, low); // pairs: long count
  };
  return {
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
  };
}
