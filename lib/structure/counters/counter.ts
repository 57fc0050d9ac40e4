import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { specialize, wordAccess } from "../../atomic/internal.ts";
import { ChannelEnd, ClosableEnd } from "../../channel/internal.ts";
import type { Region } from "../../memory/mod.ts";
import { type CounterPath, makeCounterPath } from "./counter_path.ts";
import { DOUBLES_DELTA } from "./format.ts";

/**
 * A counter of {@linkcode Counters} that this program owns: only its owner changes it, and every process can read it.
 * Closing it, or the death of its process, frees it.
 */
export class Counter extends ClosableEnd {
  /** The number by which others read it. */
  readonly id: number;
  /** Its name for people. */
  readonly label: string;
  /** Its type, of the owning program's choice. */
  readonly type: number;
  readonly #path: CounterPath;

  /**
   * Adds to the counter. The amount defaults to 1.
   *
   * @throws {RangeError} If the sum is not an integer from −(2^53 − 1) to 2^53 − 1; the counter keeps its value.
   * @throws {NotOwnerError} If it was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly add: (count?: number) => void;

  /**
   * Sets the counter.
   *
   * @throws As `add` does.
   */
  readonly set: (value: number) => void;

  /** Made by `Counters.allocate`. */
  constructor(region: Region, id: number, label: string, type: number, versionWord: number, free: () => void) {
    const { i32, f64 } = region.views, end = new ChannelEnd(region, "count in", "counter");
    const path = specialize(makeCounterPath)({
      words: wordAccess(i32),
      doubles: f64,
      versionWord,
      firstDouble: versionWord / 2 + DOUBLES_DELTA,
      most: Number.MAX_SAFE_INTEGER,
      isOrdered: hasTotalStoreOrder(),
      refuseValue(value) {
        throw new RangeError(
          `Cannot set counter ${
            JSON.stringify(label)
          } of ${end.name} as it must be an integer from −(2^53 − 1) to 2^53 − 1: ` +
            `received ${value}`,
        );
      },
      refuseUse: () => end.refuseUse(),
    });
    super({ end, path, vacate: free });
    this.id = id;
    this.label = label;
    this.type = type;
    this.#path = path;
    this.add = path.add;
    this.set = path.set;
  }

  /**
   * Its value now.
   *
   * @throws {NotOwnerError} If it was closed.
   * @throws {ClosedError} If the segment was closed.
   */
  get value(): number {
    return this.#path.value();
  }
}
