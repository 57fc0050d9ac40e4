import type { AnyStruct, BoundRecord, ViewOf } from "../../layout/internal.ts";
import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { RecordMethods } from "./consumer.ts";
import type { ReceivePorts, SlotPorts, WakePorts } from "./path_ports.ts";

/** What a consumer is given. */
export interface ConsumerPorts<S extends AnyStruct> extends ReceivePorts, SlotPorts, WakePorts {
  /** The view that moves over the records. */
  readonly bound: BoundRecord<S, "copyTo">;
  /** Where to begin. */
  readonly start: number;
  /** The head, which this consumer alone writes. */
  readonly headWord: number;
  /**
   * Returns the position up to which there are records: `from` itself if there are none after it, undefined in closed
   * memory. An atomic load; pairs: ring tail.
   */
  readonly tailAt: (from: number) => number;
  /** The most records found so far, and what is called when more are found. */
  readonly highWater: number;
  readonly noteHighWater: (found: number) => void;
  /** The event count that is notified of freed space. */
  readonly freedWord: number;
  /** The most records that `next` takes before it frees them. */
  readonly heldMost: number;
}

/** A consumer's methods, and what they keep. */
export interface ConsumerPath<S extends AnyStruct> extends RecordMethods<S> {
  release(): void;
  /** Moves on to the next record, if it is known; what is passed is not freed. */
  step(): boolean;
  /** Frees what was passed, finds more records, and moves on to the first. */
  more(): ViewOf<S> | undefined;
  /** The position whose space is freed next. */
  head(): number;
  /** The position to be received next. */
  position(): number;
  isDraining(): boolean;
  /** Nothing can be received from now on. */
  close(): void;
}

/** The hot paths of the one consumer of records: of a ring, or of a place in a pipeline. */
export function makeConsumerPath<S extends AnyStruct>(ports: ConsumerPorts<S>): ConsumerPath<S> {
  const { words: { loadBehindStore, publish: publishWord }, bound: { record, moveTo, copyTo } } = ports;
  const { recordsOffset, recordBytes, slotMask, headWord, freedWord, asleep, heldMost } = ports;
  const { tailAt, noteHighWater, wake, refuseUse, refuseLimit, requireDone, worthwhile, longestRest } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  // Records from head to position are taken by next and not yet freed; those up to limit are known to be there.
  let head = ports.start, position = ports.start, limit = ports.start;
  let isDraining = false, isBusy = false, rest = 0, { highWater } = ports;

  const free = (to: number): void => {
    head = to;
    publishWord(headWord, to); // pairs: ring head
    const event = loadBehindStore(freedWord); // pairs: event count, Dekker's way
    if (event === undefined) refuseUse();
    if ((event & asleep) !== 0) wake();
  };

  /** Takes note of records that were found. */
  const note = (tail: number): void => {
    if (tail === undefined) refuseUse();
    limit = tail;
    const found = (tail - head) | 0;
    if (found > highWater) noteHighWater(highWater = found);
  };

  /** Whether there are records; throws if nothing can be received any more. */
  const poll = (): boolean => {
    if (isBusy) refuseUse();
    const tail = tailAt(position);
    if (tail === position) return false;
    note(tail);
    return true;
  };

  const hasRecords = (): boolean => position !== limit || poll();

  /** Waits where none is known. */
  const awaitRecords = (options: WaitOptions | undefined): boolean => {
    if (isBusy) refuseUse();
    let tail = tailAt(position);
    if (tail === position) {
      if (!onlySpins || options !== undefined) return until(hasRecords, options);
      do {
        pause();
        tail = tailAt(position);
      } while (tail === position);
    } else if (options !== undefined) check(options);
    note(tail);
    return true;
  };

  /**
   * Each poll takes the tail's cache line from the producer: one that finds little again and again rests in between.
   */
  const gather = (found: number): void => {
    for (let i = 0; i < rest; i++) pause();
    rest = found >= worthwhile ? rest >> 1 : rest === 0 ? 1 : rest < longestRest ? rest * 2 : rest;
  };

  const endDrain = (at: number, known: number): void => {
    isBusy = isDraining = false;
    position = at;
    limit = known;
    if (at !== head) free(at);
  };

  const receive = (fn: (record: ViewOf<S>) => DrainResult, most: number | undefined): number => {
    const from = position, slots = slotMask + 1;
    // Without a limit, what is known now; with one, what comes meanwhile too.
    const last = most === undefined ? limit : (from + (most < slots ? most : slots)) | 0;
    let known = limit, at = from, isWhole = false;
    // All other methods now poll, which refuses.
    limit = from;
    isBusy = isDraining = true;
    try {
      for (let first = at;; first = at) {
        const end = ((last - known) | 0) < 0 ? last : known;
        while (at !== end) {
          moveTo(recordsOffset + (at & slotMask) * recordBytes);
          const result = fn(record);
          if (typeof result === "object") requireDone(result);
          at = (at + 1) | 0;
        }
        if (end === last) break;
        gather((at - first) | 0);
        const tail = tailAt(at);
        if (tail === at || tail === undefined) {
          rest = 0;
          break;
        }
        known = tail;
      }
      isWhole = true;
    } finally {
      // Kept apart from the path on which all goes well: engines compile that better.
      if (!isWhole) endDrain(at, known);
    }
    endDrain(at, known);
    return (at - from) | 0;
  };

  const shiftOne = (into: ViewOf<S>): void => {
    moveTo(recordsOffset + (position & slotMask) * recordBytes);
    copyTo(into);
    position = (position + 1) | 0;
    free(position);
  };

  const takeOne = (): ViewOf<S> => {
    if (((position - head) | 0) >= heldMost) free(position);
    moveTo(recordsOffset + (position & slotMask) * recordBytes);
    position = (position + 1) | 0;
    return record;
  };

  const release = (): void => {
    if (isBusy) refuseUse();
    if (position !== head) free(position);
  };

  const step = (): boolean => {
    if (position === limit) return false;
    moveTo(recordsOffset + (position & slotMask) * recordBytes);
    position = (position + 1) | 0;
    return true;
  };

  return {
    drain(fn, most) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if ((most === undefined || position === limit) && !poll()) return 0;
      return receive(fn, most);
    },
    drainWait(fn, most, options) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (position === limit) {
        if (!awaitRecords(options)) return 0;
      } else {
        if (options !== undefined) check(options);
        if (most === undefined) poll();
      }
      return receive(fn, most);
    },
    shift(into) {
      if (position === limit && !poll()) return false;
      shiftOne(into);
      return true;
    },
    shiftWait(into, options) {
      if ((position === limit || options !== undefined) && !awaitRecords(options)) return false;
      shiftOne(into);
      return true;
    },
    next() {
      if (position === limit) {
        if (isBusy) refuseUse();
        if (position !== head) free(position);
        if (!poll()) return undefined;
      }
      return takeOne();
    },
    nextWait(options) {
      if (position === limit) {
        if (isBusy) refuseUse();
        if (position !== head) free(position);
        if (!awaitRecords(options)) return undefined;
      } else if (options !== undefined) check(options);
      return takeOne();
    },
    release,
    step,
    more() {
      if (isBusy) refuseUse();
      const found = (position - head) | 0;
      if (found !== 0) free(position);
      if (position === limit) {
        gather(found);
        if (!poll()) {
          rest = 0;
          return undefined;
        }
      }
      step();
      return record;
    },
    head: () => head,
    position: () => position,
    isDraining: () => isDraining,
    close() {
      isBusy = true;
      limit = position;
    },
  };
}
