import type { WordAccess } from "../../atomic/internal.ts";
import type { BookReading } from "./book_reading.ts";
import type { BookPlaces } from "./geometry.ts";

/** The parts of a book that reading needs. */
export interface BookReaderPorts {
  readonly words: WordAccess;
  readonly doubles: Float64Array;
  readonly places: BookPlaces;
  /**
   * Reads a double by two atomic loads, where the processor may move a plain load past the last load of the version.
   */
  readonly loadDouble: (index: number) => number;
  /** Whether the processor keeps loads in order. */
  readonly isOrdered: boolean;
  readonly pause: () => void;
  /** Throws, as the segment was closed. */
  readonly refuseUse: () => never;
}

/** A book's reading methods. */
export interface BookReaderPath {
  read(into: BookReading): boolean;
  /** The total quantity of a side up to a price; NaN if the book is not valid. */
  quantityTo(isBids: boolean, price: number): number;
  /** The mean price of a quantity of a side; NaN if the side has less, or the book is not valid. */
  averagePrice(isBids: boolean, size: number): number;
}

/**
 * Makes the reading methods of a book. Copied data may be torn, and are used only if the version confirms that they are
 * whole.
 */
export function makeBookReaderPath(ports: BookReaderPorts): BookReaderPath {
  const { words: { load, peek }, doubles, loadDouble, pause, refuseUse } = ports;
  const { levels, copyMask, copyWords, versionWord, firstWord, state, bids, asks, isSnapshot, isFollowing } =
    ports.places;
  const { sequence, time, changes, dropped, knownBid, knownAsk, levelsDelta } = ports.places;
  const readWord = ports.isOrdered ? peek : load;
  const double = ports.isOrdered ? (index: number) => doubles[index] : loadDouble;

  const begin = (): number => {
    const version = load(versionWord); // pairs: book version
    if (version === undefined) refuseUse();
    return version;
  };

  /** Whether what was read of a version is whole: its copy was not reused for a newer one meanwhile. */
  const isWhole = (version: number): boolean => {
    if (((load(versionWord) - version) >>> 0) < copyMask) return true; // pairs: book version
    pause();
    return false;
  };

  const copyAt = (version: number): number => firstWord + (version & copyMask) * copyWords;

  const isUsable = (at: number): boolean => {
    const found = readWord(at + state);
    return found === isSnapshot || found === isFollowing;
  };

  /** How many levels a side has: no more than there is room for, even if the word is corrupt. */
  const countOf = (at: number, isBids: boolean): number => {
    const count = readWord(at + (isBids ? bids : asks));
    return count >>> 0 <= levels ? count : 0;
  };

  /** The best level of a side, in doubles: worse ones lie before it. */
  const bestOf = (at: number, isBids: boolean): number =>
    (at >> 1) + levelsDelta + ((isBids ? 0 : levels) + countOf(at, isBids)) * 2 - 2;

  const copySide = (from: number, count: number, prices: Float64Array, quantities: Float64Array): void => {
    for (let i = 0, at = from; i < count; i++, at -= 2) {
      prices[i] = double(at);
      quantities[i] = double(at + 1);
    }
  };

  const copy = (at: number, into: BookReading): void => {
    const half = at >> 1, isValid = isUsable(at), depth = into.depth;
    into.isValid = isValid;
    into.sequence = double(half + sequence);
    into.time = double(half + time);
    into.changes = double(half + changes);
    into.dropped = double(half + dropped);
    into.knownBid = double(half + knownBid);
    into.knownAsk = double(half + knownAsk);
    let bidCount = isValid ? countOf(at, true) : 0, askCount = isValid ? countOf(at, false) : 0;
    if (bidCount > depth) bidCount = depth;
    if (askCount > depth) askCount = depth;
    into.bids = bidCount;
    into.asks = askCount;
    copySide(bestOf(at, true), bidCount, into.bidPrices, into.bidQuantities);
    copySide(bestOf(at, false), askCount, into.askPrices, into.askQuantities);
  };

  const sumTo = (at: number, isBids: boolean, price: number): number => {
    if (!isUsable(at)) return NaN;
    let sum = 0;
    for (let left = countOf(at, isBids), level = bestOf(at, isBids); left > 0; left--, level -= 2) {
      const found = double(level);
      if (isBids ? found < price : found > price) break;
      sum += double(level + 1);
    }
    return sum;
  };

  const meanOf = (at: number, isBids: boolean, size: number): number => {
    if (!isUsable(at)) return NaN;
    let cost = 0, rest = size;
    for (let left = countOf(at, isBids), level = bestOf(at, isBids); left > 0; left--, level -= 2) {
      const quantity = double(level + 1), taken = quantity < rest ? quantity : rest;
      cost += double(level) * taken;
      rest -= taken;
      if (!(rest > 0)) return cost / size;
    }
    return NaN;
  };

  return {
    read(into) {
      let version = 0;
      do {
        version = begin();
        copy(copyAt(version), into);
      } while (!isWhole(version));
      return into.isValid;
    },
    quantityTo(isBids, price) {
      let version = 0, sum = 0;
      do {
        version = begin();
        sum = sumTo(copyAt(version), isBids, price);
      } while (!isWhole(version));
      return sum;
    },
    averagePrice(isBids, size) {
      let version = 0, mean = 0;
      do {
        version = begin();
        mean = meanOf(copyAt(version), isBids, size);
      } while (!isWhole(version));
      return mean;
    },
  };
}
