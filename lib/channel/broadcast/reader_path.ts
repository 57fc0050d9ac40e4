import type { AnyStruct, BoundRecord, ViewOf } from "../../layout/internal.ts";
import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { RecordMethods } from "../shared/consumer.ts";
import type { ReceivePorts, SlotPorts } from "../shared/path_ports.ts";

/** What a reader is given. */
export interface ReaderPorts<S extends AnyStruct> extends ReceivePorts, SlotPorts {
  /** Moves over the records. */
  readonly moveTo: BoundRecord<S, "copyTo">["moveTo"];
  /** Copies a record that a writer may be writing. */
  readonly copyTo: (into: ViewOf<S>) => void;
  /** Moves over memory of the reader's own, to which records are copied before they are handed out. */
  readonly copied: BoundRecord<S, "copyTo">;
  /** How many records fit in there. */
  readonly chunk: number;
  /** By how many records a reader may lag behind; what it lags behind by once it has lost some. */
  readonly capacity: number;
  /** How far behind the tail a record is whole, whatever the writer has claimed. */
  readonly reach: number;
  /** Where to begin: a whole position. */
  readonly start: number;
  /** The tail, its low word; and its epoch, which is stored before a tail that begins another. */
  readonly tailWord: number;
  readonly epochWord: number;
  readonly epochBits: number;
  /** A word that is never written: undefined in closed memory. */
  readonly fixedWord: number;
  /** Reads the whole tail; throws if the memory was closed. */
  readonly readTail: () => number;
}

/** A reader's methods, and what they keep. */
export interface ReaderPath<S extends AnyStruct> extends RecordMethods<S> {
  /** The whole position to be received next. */
  position(): number;
  /** How many records were overwritten before they were received. */
  lost(): number;
  isDraining(): boolean;
}

/**
 * The hot paths of a reader of a broadcast. It copies records, and then finds out from the tail whether they were
 * whole: it holds no writer up.
 */
export function makeReaderPath<S extends AnyStruct>(ports: ReaderPorts<S>): ReaderPath<S> {
  const { words: { load, peek }, moveTo, copyTo, recordsOffset, recordBytes, slotMask, chunk, capacity, reach } = ports;
  const { copied: { record, moveTo: moveToCopied, copyTo: copyCopied }, readTail, refuseUse, refuseLimit } = ports;
  const { tailWord, epochWord, epochBits, fixedWord, requireDone, worthwhile, longestRest } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  // Low words of positions. Records up to limit are known; those from next to copiedEnd are copied, from copiedFrom on.
  let next = ports.start | 0, limit = next, copiedFrom = next, copiedEnd = next;
  // The word of the epoch in which limit was the tail.
  let epoch = -1, isDraining = false, rest = 0;
  // The whole position whose low word is anchor, less than 2^31 away from next; and how many records were lost. In an
  // array, as a variable of this size would be a new object each time.
  const whole = new Float64Array([ports.start, 0]);
  let anchor = next;

  const position = (): number => whole[0] + ((next - anchor) | 0);

  /** Continues after records that were overwritten. */
  const skip = (records: number): void => {
    whole[0] = position() + records;
    whole[1] += records;
    next = anchor = (next + records) | 0;
  };

  /** Takes note of a tail, in any epoch. */
  const catchUp = (): void => {
    let tail: number;
    do {
      epoch = load(epochWord); // pairs: position epoch
      tail = readTail();
    } while (load(epochWord) !== epoch);
    const behind = tail - position();
    skip(behind > reach ? behind - capacity : 0);
    limit = tail | 0;
  };

  /**
   * Finds new records, and counts what was overwritten before it was received; false if there are none. Called when all
   * that was copied has been received.
   */
  const findRecords = (): boolean => {
    const tail = load(tailWord); // pairs: broadcast tail
    // Loaded after the tail: if it is still the one that is known, the tail is of that epoch, not one of 2^32 records
    // later.
    if (load(epochWord) !== epoch || tail >>> epochBits !== (epoch & 3)) catchUp(); // pairs: position epoch
    else {
      const behind = (tail - next) >>> 0;
      if (behind > reach) skip(behind - capacity);
      limit = tail;
    }
    copiedEnd = next;
    return next !== limit;
  };

  /**
   * Whether what was copied from a position on was whole: up to this tail, nothing was claimed that lies in its place.
   */
  // pairs: broadcast tail, position epoch
  const wasWhole = (from: number): boolean => ((load(tailWord) - from) >>> 0) <= reach && load(epochWord) === epoch;

  /** Copies known records, up to a limit; the first of them is overwritten first. */
  const copySome = (most: number): boolean => {
    while (next !== limit) {
      const known = (limit - next) | 0, few = known < most ? known : most, count = few < chunk ? few : chunk;
      for (let i = 0; i < count; i++) {
        moveTo(recordsOffset + ((next + i) & slotMask) * recordBytes);
        moveToCopied(i * recordBytes);
        copyTo(record);
      }
      if (wasWhole(next)) {
        copiedFrom = next;
        copiedEnd = (next + count) | 0;
        return true;
      }
      findRecords();
    }
    return false;
  };

  const hasRecords = (): boolean => next !== copiedEnd || next !== limit || findRecords();

  /** Waits where no record is known. */
  const awaitRecords = (options: WaitOptions | undefined): boolean => {
    if (!onlySpins || options !== undefined) return until(hasRecords, options);
    while (!findRecords()) {
      do pause(); while (load(tailWord) === limit && load(epochWord) === epoch);
    }
    return true;
  };

  /** Each poll takes the tail's cache line from the writer: one that finds little again and again rests in between. */
  const gather = (found: number): void => {
    for (let i = 0; i < rest; i++) pause();
    rest = found < worthwhile ? Math.min(rest * 2 || 1, longestRest) : rest >> 1;
  };

  /** Hands out copied records, up to a limit; returns how many there were. */
  const handOut = (fn: (record: ViewOf<S>) => DrainResult, most: number): number => {
    const from = next;
    while (next !== copiedEnd && ((next - from) | 0) < most) {
      if (peek(fixedWord) === undefined) readTail();
      moveToCopied(((next - copiedFrom) | 0) * recordBytes);
      next = (next + 1) | 0;
      const result = fn(record);
      if (typeof result === "object") {
        // Refused, the record stays the next to be received.
        next = (next - 1) | 0;
        requireDone(result);
        next = (next + 1) | 0;
      }
    }
    return (next - from) | 0;
  };

  const receive = (
    fn: (record: ViewOf<S>) => DrainResult,
    limitGiven: number | undefined,
    isPolled: boolean,
  ): number => {
    const most = limitGiven === undefined ? capacity : limitGiven < 0x4000_0000 ? limitGiven | 0 : 0x4000_0000;
    let count = 0, isWhole = false;
    isDraining = true;
    try {
      if (next !== copiedEnd) count = handOut(fn, most);
      // Without a limit, what is known now; with one, what comes meanwhile too.
      if (!isPolled && count < most && (limitGiven === undefined || next === limit)) findRecords();
      for (let polledAt = count;; polledAt = count) {
        while (count < most && (next !== copiedEnd || copySome(most - count))) count += handOut(fn, most - count);
        if (limitGiven === undefined || count >= most || count === 0) break;
        gather(count - polledAt);
        if (!findRecords()) {
          rest = 0;
          break;
        }
      }
      isWhole = true;
    } finally {
      // Kept apart from the path on which all goes well: engines compile that better.
      if (!isWhole) isDraining = false;
    }
    isDraining = false;
    return count;
  };

  const takeCopied = (): ViewOf<S> => {
    moveToCopied(((next - copiedFrom) | 0) * recordBytes);
    next = (next + 1) | 0;
    return record;
  };

  const shiftOne = (into: ViewOf<S>): boolean => {
    if (next !== copiedEnd) {
      if (peek(fixedWord) === undefined) refuseUse();
      moveToCopied(((next - copiedFrom) | 0) * recordBytes);
      copyCopied(into);
      next = (next + 1) | 0;
      return true;
    }
    do {
      moveTo(recordsOffset + (next & slotMask) * recordBytes);
      copyTo(into);
      if (wasWhole(next)) {
        next = copiedEnd = (next + 1) | 0;
        return true;
      }
    } while (findRecords());
    return false;
  };

  return {
    drain(fn, most) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (isDraining || peek(fixedWord) === undefined) refuseUse();
      return receive(fn, most, false);
    },
    drainWait(fn, most, options) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (isDraining || peek(fixedWord) === undefined) refuseUse();
      const isKnown = next !== copiedEnd || next !== limit;
      if (!isKnown) {
        if (!awaitRecords(options)) return 0;
      } else if (options !== undefined) check(options);
      return receive(fn, most, !isKnown);
    },
    shift(into) {
      if (isDraining) refuseUse();
      return hasRecords() && shiftOne(into);
    },
    shiftWait(into, options) {
      if (isDraining) refuseUse();
      if (next === copiedEnd && next === limit) {
        if (!awaitRecords(options)) return false;
      } else if (options !== undefined) check(options);
      return shiftOne(into);
    },
    next() {
      if (isDraining || peek(fixedWord) === undefined) refuseUse();
      if (next === copiedEnd && !((next !== limit || findRecords()) && copySome(chunk))) return undefined;
      return takeCopied();
    },
    nextWait(options) {
      if (isDraining || peek(fixedWord) === undefined) refuseUse();
      if (next === copiedEnd && next === limit) {
        if (!awaitRecords(options)) return undefined;
      } else if (options !== undefined) check(options);
      if (next === copiedEnd) copySome(chunk);
      return takeCopied();
    },
    position,
    lost: () => whole[1],
    isDraining: () => isDraining,
  };
}
