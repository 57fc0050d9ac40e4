import type { AnyStruct, BoundRecord, ViewOf } from "../../layout/internal.ts";
import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { RecordMethods } from "../shared/consumer.ts";
import type { ReceivePorts } from "../shared/path_ports.ts";
import type { QueuePlaces } from "./geometry.ts";

/** What a consumer of a queue is given. */
export interface QueueConsumerPorts<S extends AnyStruct> extends ReceivePorts {
  readonly places: QueuePlaces;
  /** The view that moves over the records. */
  readonly bound: BoundRecord<S, "copyTo" | "checkTarget">;
  /** The consumer's own cell: which position it names first, and how many. */
  readonly nameFirstWord: number;
  readonly nameCountWord: number;
  /** The most records that are taken at once. */
  readonly mostTaken: number;
  /** The length is counted for the high-water mark whenever the head passes a multiple of this, a power of two. */
  readonly sampledEach: number;
  /** Wakes the producers that sleep. */
  readonly wake: () => void;
  /**
   * Called where nothing is published at a position: returns whether there is something to do now, because its producer
   * was dead.
   */
  readonly settleDeath: (position: number) => boolean;
  /** How many records are there and not taken. Keeps the high-water mark. */
  readonly countRecords: () => number;
  /** Refuses to take that many records ahead. */
  readonly refuseAhead: (ahead: unknown) => void;
  /** Throws if a function is asynchronous. */
  readonly requireSynchronous: (fn: unknown) => void;
}

/** A consumer's methods, and what they keep. */
export interface QueueConsumerPath<S extends AnyStruct> extends RecordMethods<S> {
  next(ahead?: number): ViewOf<S> | undefined;
  release(): void;
  isDraining(): boolean;
  /** How many records are taken and were not handed out. */
  unseen(): number;
  /** Frees all that is taken; from then on, every method refuses. */
  close(): void;
}

/** The hot paths of one of a queue's consumers. */
export function makeQueueConsumerPath<S extends AnyStruct>(ports: QueueConsumerPorts<S>): QueueConsumerPath<S> {
  const { words: { load, peek, release, publish: publishWord, compareExchange }, bound } = ports;
  const { record, moveTo, copyTo, checkTarget } = bound;
  const { slotsWord, slotWords, slotMask, recordDelta, capacity, headWord, freedWord, asleep } = ports.places;
  const { free, full, voided } = ports.places.states;
  const { nameFirstWord, nameCountWord, mostTaken, worthwhile, longestRest, sampledEach } = ports;
  const { wake, settleDeath, countRecords } = ports;
  const { refuseUse, refuseLimit, refuseAhead, requireSynchronous, requireDone } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  const slots = (slotMask + 1) | 0, lapMask = ~slotMask;
  // Positions from `position` to `end` are taken and not handed out. If isHeld, the one before them was, by next, and
  // is not freed.
  let position = 0, end = 0, isHeld = false, isDraining = false, isBusy = false, wanted = 1;
  // How many were taken since it last ran out, and how long it rested then.
  let taken = 0, rest = 0;

  const slotOf = (at: number): number => (slotsWord + (at & slotMask) * slotWords) | 0;

  const isFull = (at: number): boolean => load(slotOf(at)) === (((at & lapMask) + full) | 0); // pairs: slot state

  const freeSlot = (at: number): void => {
    if (peek(headWord) === undefined) refuseUse();
    publishWord(slotOf(at), ((at & lapMask) + slots + free) | 0); // pairs: slot state
    if ((load(freedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  /** Names nothing, once all that was taken is freed. */
  const nameNothing = (): void => {
    release(nameCountWord, 0); // pairs: names in cells
  };

  /** Frees a slot that was given up, if one is at the head. Returns whether to try again. */
  const isWorthRetrying = (at: number, now: number): boolean => {
    if (now === undefined) refuseUse();
    if (now !== at) return true;
    const state = (load(slotOf(at)) - (at & lapMask)) | 0; // pairs: slot state
    if (state === voided) {
      release(nameFirstWord, at); // pairs: names in cells
      release(nameCountWord, 1); // pairs: names in cells
      if (compareExchange(headWord, at, (at + 1) | 0) === at) freeSlot(at); // pairs: queue head
      return true;
    }
    if (state === full || (state === free && settleDeath(at))) return true;
    nameNothing();
    return false;
  };

  /** Takes up to so many published records from the head; false if there is none, or the next one is not published. */
  const take = (most: number): boolean => {
    let first = load(headWord); // pairs: queue head
    while (true) {
      // The same as isFull, which would be a level too deep here for engines to put it in place.
      if (load(slotOf(first)) === (((first & lapMask) + full) | 0)) { // pairs: slot state
        const last = (first + most) | 0;
        let to = (first + 1) | 0;
        while (to !== last && isFull(to)) to = (to + 1) | 0;
        // Named before the head passes. What another consumer gets may be among what is named.
        release(nameFirstWord, first); // pairs: names in cells
        release(nameCountWord, (to - first) | 0); // pairs: names in cells
        const found = compareExchange(headWord, first, to); // pairs: queue head
        if (found === first) {
          position = first;
          end = to;
          taken = (taken + ((to - first) | 0)) | 0;
          if (((first ^ to) & -sampledEach) !== 0) countRecords();
          return true;
        }
        first = found;
      } else {
        const now = load(headWord); // pairs: queue head
        if (!isWorthRetrying(first, now)) return false;
        first = now === first ? load(headWord) : now; // pairs: queue head
      }
    }
  };

  /**
   * Polls once more where there are no more records, after a rest if it was after few of them. Each poll takes from the
   * producer the cache line that it is about to write: close on its heels, a consumer makes both pay for that at each
   * record.
   */
  const gather = (most: number): boolean => {
    if (taken === 0) return false;
    rest = taken >= worthwhile ? rest >> 1 : rest === 0 ? 1 : rest < longestRest ? rest * 2 : rest;
    taken = 0;
    for (let i = 0; i < rest; i++) pause();
    if (take(most)) return true;
    rest = 0;
    return false;
  };

  const hasRecords = (): boolean => {
    if (isBusy) refuseUse();
    return position !== end || take(wanted);
  };

  const awaitRecords = (most: number, options: WaitOptions | undefined): boolean => {
    wanted = most;
    if (!onlySpins || options !== undefined) return until(hasRecords, options);
    while (!hasRecords()) pause();
    return true;
  };

  const freeHeld = (): void => {
    freeSlot((position - 1) | 0);
    isHeld = false;
    if (position === end) nameNothing();
  };

  const endDrain = (at: number, last: number): void => {
    isBusy = isDraining = false;
    position = at;
    end = last;
    if (at === last) nameNothing();
  };

  const receive = (fn: (record: ViewOf<S>) => DrainResult, most: number, isGathering: boolean): number => {
    let at = position, last = end, left = most, isWhole = false;
    // All other methods now have to take something, which they are refused.
    position = end;
    isBusy = isDraining = true;
    try {
      while (left > 0) {
        if (at === last) {
          const some = left < mostTaken ? left : mostTaken;
          if (!take(some) && !(isGathering && gather(some))) break;
          at = position;
          last = position = end;
        }
        const stop = ((last - at) | 0) > left ? (at + left) | 0 : last;
        left = (left - (stop - at)) | 0;
        while (at !== stop) {
          moveTo(slotOf(at) * 4 + recordDelta);
          const result = fn(record);
          if (typeof result === "object") requireDone(result);
          freeSlot(at);
          at = (at + 1) | 0;
        }
      }
      isWhole = true;
    } finally {
      // Kept apart from the path on which all goes well: engines compile that better.
      if (!isWhole) endDrain(at, last);
    }
    endDrain(at, last);
    return (most - left) | 0;
  };

  /** The most to receive: without a limit, as many as there are now; with one, what comes meanwhile too. */
  const mostOf = (limit: number | undefined): number => {
    if (limit === undefined) return (countRecords() + ((end - position) | 0)) | 0;
    return limit < capacity ? Math.floor(limit) : capacity;
  };

  const checkDrain = (fn: (record: ViewOf<S>) => DrainResult, limit: number | undefined): void => {
    if (isBusy || peek(headWord) === undefined) refuseUse();
    if (limit !== undefined && !(limit >= 1)) refuseLimit(limit);
    if (fn?.constructor !== Function) requireSynchronous(fn);
  };

  const shiftOne = (into: ViewOf<S>): void => {
    if (peek(headWord) === undefined) refuseUse();
    moveTo(slotOf(position) * 4 + recordDelta);
    copyTo(into);
    freeSlot(position);
    position = (position + 1) | 0;
    if (position === end) nameNothing();
  };

  const handOut = (): ViewOf<S> => {
    if (peek(headWord) === undefined) refuseUse();
    moveTo(slotOf(position) * 4 + recordDelta);
    position = (position + 1) | 0;
    isHeld = true;
    return record;
  };

  return {
    drain(fn, limit) {
      checkDrain(fn, limit);
      if (isHeld) freeHeld();
      return receive(fn, mostOf(limit), limit !== undefined);
    },
    drainWait(fn, limit, options) {
      checkDrain(fn, limit);
      if (options !== undefined) check(options);
      if (isHeld) freeHeld();
      if (!awaitRecords(limit === undefined || limit >= mostTaken ? mostTaken : Math.floor(limit), options)) return 0;
      return receive(fn, mostOf(limit), limit !== undefined);
    },
    shift(into) {
      checkTarget(into);
      if (isHeld) freeHeld();
      if (position === end) {
        if (isBusy) refuseUse();
        if (!take(1)) return false;
      }
      shiftOne(into);
      return true;
    },
    shiftWait(into, options) {
      checkTarget(into);
      if (options !== undefined) check(options);
      if (isHeld) freeHeld();
      if (!awaitRecords(1, options)) return false;
      shiftOne(into);
      return true;
    },
    next(ahead) {
      if (ahead !== undefined && ((ahead | 0) !== ahead || ahead < 1 || ahead > mostTaken)) refuseAhead(ahead);
      if (isHeld) freeHeld();
      if (position === end) {
        if (isBusy) refuseUse();
        if (ahead === undefined ? !take(1) : !take(ahead) && (ahead === 1 || !gather(ahead))) return undefined;
      }
      return handOut();
    },
    nextWait(options) {
      if (options !== undefined) check(options);
      if (isHeld) freeHeld();
      if (!awaitRecords(1, options)) return undefined;
      return handOut();
    },
    release() {
      if (isBusy || peek(headWord) === undefined) refuseUse();
      if (isHeld) freeHeld();
    },
    isDraining: () => isDraining,
    unseen: () => (end - position) | 0,
    close() {
      if (peek(headWord) === undefined) {
        position = end; // the segment was closed, which gave all up
        isHeld = false;
      }
      if (isHeld) freeHeld();
      for (; position !== end; position = (position + 1) | 0) freeSlot(position);
      nameNothing();
      isBusy = true;
    },
  };
}
