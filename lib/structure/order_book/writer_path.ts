import type { WordAccess } from "../../atomic/internal.ts";
import type { BookLevels, BookUpdate } from "./book_update.ts";
import type { BookPlaces } from "./geometry.ts";

/**
 * The outcome of an update:
 *
 * - `applied`: readers see it.
 * - `stale`: by its sequence number the book is as new, or newer.
 * - `early`: there is no snapshot yet, or none since a gap.
 * - `gap`: a change before it is missing; the book is invalid until the next snapshot.
 */
export type BookApplied = "applied" | "stale" | "early" | "gap";

/** The parts of a book that writing needs. */
export interface BookWriterPorts {
  readonly words: WordAccess;
  readonly doubles: Float64Array;
  readonly places: BookPlaces;
  readonly isInvalid: number;
  /** The factors that turn prices and quantities into integers. */
  readonly priceFactor: number;
  readonly quantityFactor: number;
  /**
   * Whether the processor keeps stores in order. Where it does not, the writer loads the version that it alone writes
   * atomically: after that load, nothing of the next version is seen before the version published last.
   */
  readonly isOrdered: boolean;
  /** Throws, as a level is not valid. */
  readonly refuseLevel: (price: number, quantity: number) => never;
  /** Throws the reason why the writer cannot be used. */
  readonly refuseUse: () => never;
}

/** A book writer's methods. */
export interface BookWriterPath {
  snapshot(update: BookUpdate): BookApplied;
  change(update: BookUpdate): BookApplied;
  invalidate(): void;
  /** The first word of the copy that is published. */
  current(): number;
  /** From now on, all refuse. */
  close(): void;
}

/** Makes the methods of a book's writer. */
export function makeBookWriterPath(ports: BookWriterPorts): BookWriterPath {
  const { words: { load, peek, poke, release }, doubles, isInvalid, refuseLevel, refuseUse } = ports;
  const { priceFactor, quantityFactor } = ports;
  const { levels, copyMask, copyWords, versionWord, firstWord, state, bids, asks, isSnapshot, isFollowing } =
    ports.places;
  const { sequence, time, changes, dropped, knownBid, knownAsk, levelsDelta } = ports.places;
  const loadOwn = ports.isOrdered ? peek : load;
  /** Up to this many levels are moved one by one: from there on, one call of `copyWithin` is faster. */
  const few = 16;
  // Up to which index each copy's sides are those of the version published last: nothing is known at first.
  const sameBids = new Int32Array(copyMask + 1), sameAsks = new Int32Array(copyMask + 1);
  /** Prices and quantities of an update, rounded: bids, then asks. */
  let prices = new Float64Array(64), quantities = new Float64Array(64);
  let isOpen = true;
  /** The lowest index of a side that the current update touched, and how many levels it found no room for. */
  let lowest = 0, lost = 0;

  const currentVersion = (): number => {
    const version = loadOwn(versionWord);
    if (version === undefined || !isOpen) refuseUse();
    return version;
  };

  const copyAt = (version: number): number => firstWord + (version & copyMask) * copyWords;

  const publish = (version: number): void => release(versionWord, (version + 1) | 0); // pairs: book version

  /** Moves levels, which may overlap, as `copyWithin` does. All are counted in doubles. */
  const move = (to: number, from: number, end: number): void => {
    if (end - from > few * 2) doubles.copyWithin(to, from, end);
    else if (to < from) { for (let i = 0; i < end - from; i++) doubles[to + i] = doubles[from + i]; }
    else for (let i = end - from - 1; i >= 0; i--) doubles[to + i] = doubles[from + i];
  };

  /**
   * A number rounded to a declared number of digits: adding 1.5 · 2^52 leaves no bits for less than one of their units.
   * A number of 2^51 units or more has hardly more digits, and is not rounded.
   */
  const rounded = (value: number, factor: number): number => {
    const units = value * factor;
    if (!(units < 2251799813685248 && units > -2251799813685248)) return value;
    return ((units + 6755399441055744) - 6755399441055744) / factor;
  };

  /** Rounds the levels of a side to the book's digits, and refuses invalid ones. */
  const roundSide = (side: BookLevels, from: number): void => {
    for (let i = 0; i < side.length; i++) {
      const price = rounded(side.prices[i], priceFactor), given = side.quantities[i];
      // A quantity above 0 must not round to 0, which would remove the level.
      const quantity = rounded(given, quantityFactor) || (given > 0 ? 1 / quantityFactor : given);
      if (price - price !== 0 || !(given >= 0 && quantity < Infinity)) refuseLevel(side.prices[i], given);
      prices[from + i] = price;
      quantities[from + i] = quantity;
    }
  };

  const round = (update: BookUpdate): void => {
    const count = update.bids.length + update.asks.length;
    if (count > prices.length) {
      prices = new Float64Array(count * 2);
      quantities = new Float64Array(count * 2);
    }
    roundSide(update.bids, 0);
    roundSide(update.asks, update.bids.length);
  };

  /** How many levels a side has: no more than there is room for, even if the word is corrupt. */
  const countOf = (at: number): number => peek(at) >>> 0 <= levels ? peek(at) : 0;

  /** Copies into the next copy what it lacks of a side. No process reads that copy yet. */
  const catchUp = (version: number, sideAt: number, same: Int32Array, count: number): void => {
    const first = same[(version + 1) & copyMask];
    if (first >= count) return;
    const from = sideAt + ((copyAt(version) - copyAt(version + 1)) >> 1);
    move(sideAt + first * 2, from + first * 2, from + count * 2);
  };

  /** From `from` on, all copies but the next one differ from the version about to be published. */
  const noteChange = (version: number, same: Int32Array, from: number): void => {
    for (let i = 0; i <= copyMask; i++) if (same[i] > from) same[i] = from;
    same[(version + 1) & copyMask] = levels;
  };

  /** Where a price is in a side, or would be, in levels: prices of bids rise towards the best, those of asks fall. */
  const placeOf = (sideAt: number, count: number, direction: number, price: number): number => {
    // Most changes are at the best price, or near it.
    if (count > 0 && doubles[sideAt + count * 2 - 2] === price) return count - 1;
    let low = 0, high = count;
    if (count > few && (price - doubles[sideAt + (count - few) * 2]) * direction > 0) low = count - few;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((price - doubles[sideAt + middle * 2]) * direction > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** Makes room for a level where there is none by dropping the worst one. Returns the index of the new level. */
  const displace = (sideAt: number, place: number): number => {
    lost++;
    if (place === 0) return -1; // worse than all others
    lowest = 0;
    move(sideAt, sideAt + 2, sideAt + place * 2);
    return sideAt + (place - 1) * 2;
  };

  /** Sets a level, and returns the new number of levels. */
  const set = (sideAt: number, count: number, direction: number, price: number, quantity: number): number => {
    const place = placeOf(sideAt, count, direction, price), at = sideAt + place * 2, end = sideAt + count * 2;
    const isThere = place < count && doubles[at] === price;
    if (isThere ? false : quantity === 0) return count;
    if (place < lowest && (isThere || count < levels)) lowest = place;
    if (isThere) {
      if (quantity === 0) move(at, at + 2, end);
      else doubles[at + 1] = quantity;
      return quantity === 0 ? count - 1 : count;
    }
    let to = at;
    if (count < levels) move(at + 2, at, end);
    else to = displace(sideAt, place);
    if (to >= 0) {
      doubles[to] = price;
      doubles[to + 1] = quantity;
    }
    return count < levels ? count + 1 : count;
  };

  /** Brings a side of the next copy up to date, applies its rounded levels, and returns the new number of levels. */
  const applySide = (
    version: number,
    sideAt: number,
    same: Int32Array,
    count: number,
    direction: number,
    from: number,
    length: number,
  ): number => {
    catchUp(version, sideAt, same, count);
    if (length === 0) {
      same[(version + 1) & copyMask] = levels;
      return count;
    }
    lowest = count;
    for (let i = from; i < from + length; i++) count = set(sideAt, count, direction, prices[i], quantities[i]);
    noteChange(version, same, lowest);
    return count;
  };

  /** Replaces a side of the next copy. */
  const replaceSide = (
    version: number,
    sideAt: number,
    same: Int32Array,
    direction: number,
    from: number,
    length: number,
  ): number => {
    let count = 0;
    for (let i = from; i < from + length; i++) count = set(sideAt, count, direction, prices[i], quantities[i]);
    noteChange(version, same, 0);
    return count;
  };

  const apply = (version: number, update: BookUpdate, isWhole: boolean): BookApplied => {
    const current = copyAt(version), next = copyAt(version + 1), old = current >> 1, half = next >> 1;
    const bidsAt = half + levelsDelta, asksAt = bidsAt + levels * 2, own = update.bids.length;
    round(update);
    let bid = isWhole ? update.knownBid : doubles[old + knownBid];
    let ask = isWhole ? update.knownAsk : doubles[old + knownAsk];
    lost = isWhole ? 0 : doubles[old + dropped];
    const before = lost;
    const bidCount = isWhole
      ? replaceSide(version, bidsAt, sameBids, 1, 0, own)
      : applySide(version, bidsAt, sameBids, countOf(current + bids), 1, 0, own);
    // Levels were dropped for want of room: beyond the worst remaining level nothing is known.
    if (lost > before && !(bid > doubles[bidsAt])) bid = doubles[bidsAt];
    const between = lost;
    const askCount = isWhole
      ? replaceSide(version, asksAt, sameAsks, -1, own, update.asks.length)
      : applySide(version, asksAt, sameAsks, countOf(current + asks), -1, own, update.asks.length);
    if (lost > between && !(ask < doubles[asksAt])) ask = doubles[asksAt];
    // No level is better than the best price that the venue states: if the book has the same, it is known down to
    // there.
    if (bidCount > 0 && doubles[bidsAt + bidCount * 2 - 2] === update.reportedBid && update.reportedBid < bid) {
      bid = update.reportedBid;
    }
    if (askCount > 0 && doubles[asksAt + askCount * 2 - 2] === update.reportedAsk && update.reportedAsk > ask) {
      ask = update.reportedAsk;
    }
    poke(next + state, isWhole ? isSnapshot : isFollowing);
    poke(next + bids, bidCount);
    poke(next + asks, askCount);
    doubles[half + sequence] = update.last;
    doubles[half + time] = update.time;
    doubles[half + changes] = doubles[old + changes] + 1;
    doubles[half + dropped] = lost;
    doubles[half + knownBid] = bid;
    doubles[half + knownAsk] = ask;
    publish(version);
    return "applied";
  };

  const invalidate = (): void => {
    const version = currentVersion(), old = copyAt(version) >> 1, half = copyAt(version + 1) >> 1;
    // The levels are those of an older version; a snapshot comes before any process reads them.
    for (let i = 0; i < levelsDelta; i++) doubles[half + i] = doubles[old + i];
    poke(copyAt(version + 1) + state, isInvalid);
    publish(version);
  };

  return {
    snapshot(update) {
      const version = currentVersion(), current = copyAt(version), found = peek(current + state);
      const isUsable = found === isSnapshot || found === isFollowing;
      // A snapshot without a number is never stale.
      if (isUsable && update.last < doubles[(current >> 1) + sequence]) return "stale";
      return apply(version, update, true);
    },
    change(update) {
      const version = currentVersion(), current = copyAt(version), found = peek(current + state);
      if (found !== isSnapshot && found !== isFollowing) return "early";
      const { previous } = update, last = doubles[(current >> 1) + sequence];
      // A change that follows the last one is right whatever its own number: a venue may restart its numbers in order,
      // or report that nothing changed.
      if (previous === previous && previous !== last) {
        if (update.last <= last) return "stale";
        if (found !== isSnapshot || update.first > last) {
          invalidate();
          return "gap";
        }
      }
      return apply(version, update, false);
    },
    invalidate,
    current: () => copyAt(currentVersion()),
    close() {
      isOpen = false;
    },
  };
}
