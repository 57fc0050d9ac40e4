import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import type { WordAccess } from "../../atomic/internal.ts";
import type { ChannelEnd } from "../../channel/internal.ts";
import { INVALID } from "./format.ts";
import { type BookGeometry, placesOf } from "./geometry.ts";
import type { BookWriterPorts } from "./writer_path.ts";

/** A book to write, and how its memory is accessed. */
export interface WrittenBook {
  readonly words: WordAccess;
  readonly doubles: Float64Array;
  readonly geometry: BookGeometry;
  /** The writer's end of it. */
  readonly end: ChannelEnd;
}

/** The parts of a book that writing needs. */
export function writerPortsOf({ words, doubles, geometry, end }: WrittenBook): BookWriterPorts {
  return {
    words,
    doubles,
    places: placesOf(geometry),
    isInvalid: INVALID,
    priceFactor: 10 ** geometry.priceDigits,
    quantityFactor: 10 ** geometry.quantityDigits,
    isOrdered: hasTotalStoreOrder(),
    refuseLevel(price, quantity) {
      throw new RangeError(
        `Cannot write ${end.name} as a level must have a finite price and a finite quantity of 0 or more: ` +
          `received ${quantity} at ${price}`,
      );
    },
    refuseUse: () => end.refuseUse(),
  };
}
