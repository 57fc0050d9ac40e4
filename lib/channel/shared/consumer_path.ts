import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundRecord, ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import type { WaitPorts } from "./waiter.ts";

/** What a consumer is given. */
export interface ConsumerPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  /** Moves over the records. */
  readonly bound: BoundRecord<S>;
  /** Where the record of position 0 begins, in bytes. */
  readonly recordsOffset: number;
  readonly recordBytes: number;
  /** How many slots there are, less one: a power of two. */
  readonly slotMask: number;
  /** Where to begin. */
  readonly start: number;
  /** The head, which this consumer alone writes. */
  readonly headWord: number;
  /** The word up to which there are records; −1 if that is for `findRecords` to find out. */
  readonly tailWord: number;
  /** Returns the position up to which there are records: the position it is given, or one behind it. */
  readonly findRecords: (position: number) => number;
  /** The most records that were found so far, and what is told of more. */
  readonly highWater: number;
  readonly noteHighWater: (found: number) => void;
  /** The event count that is notified of freed space, and its bit that says that somebody may sleep. */
  readonly freedWord: number;
  readonly asleep: number;
  /** Wakes who sleeps. */
  readonly wake: () => void;
  /** Throws why the consumer cannot be used. */
  readonly refuseUse: () => never;
  /** Throws that so many records cannot be drained. */
  readonly refuseLimit: (limit: unknown) => never;
  /** Records found by a poll that are worth one. */
  readonly worthwhile: number;
  /** Pauses that a drain rests at most between two polls. */
  readonly longestRest: number;
  /** Records that `next` takes at most before it frees them. */
  readonly heldMost: number;
  readonly waiting: WaitPorts;
}

/** A consumer's methods, and what they keep. */
export interface ConsumerPath<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  drainWait(fn: (record: ViewOf<S>) => void, limit?: number, options?: WaitOptions): number;
  shift(into: ViewOf<S>): boolean;
  shiftWait(into: ViewOf<S>, options?: WaitOptions): boolean;
  next(): ViewOf<S> | undefined;
  nextWait(options?: WaitOptions): ViewOf<S> | undefined;
  release(): void;
  /** The position to be received next. */
  head(): number;
  isDraining(): boolean;
  /** Nothing can be received from now on. */
  close(): void;
}

/** The hot paths of the one consumer of records: of a ring, or of a place in a pipeline. */
export function makeConsumerPath<S extends AnyStruct>(ports: ConsumerPorts<S>): ConsumerPath<S> {
  const { words: { load, peek, publish: publishWord }, bound: { record, moveTo, copyTo } } = ports;
  const { recordsOffset, recordBytes, slotMask, headWord, tailWord, freedWord, asleep, heldMost } = ports;
  const { findRecords, noteHighWater, wake, refuseUse, refuseLimit, worthwhile, longestRest } = ports;
  const { pollsOf, pause, timeoutOf, wait } = ports.waiting;
  // Records from head to position are taken by next and not yet freed; those up to limit are known to be there.
  let head = ports.start, position = ports.start, limit = ports.start;
  let isDraining = false, isOpen = true, rest = 0, { highWater } = ports;

  const moveToRecord = (of: number): void => moveTo(recordsOffset + (of & slotMask) * recordBytes);

  const free = (to: number): void => {
    if (peek(headWord) === undefined) refuseUse();
    head = to;
    publishWord(headWord, to); // pairs: ring head
    if ((load(freedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  /** Looks for records behind those that are known; in closed memory there is something, so that the caller finds out. */
  const tailFrom = (from: number): number => tailWord < 0 ? findRecords(from) : load(tailWord); // pairs: ring tail

  /** Whether there are records; throws if nothing can be received any more. */
  const poll = (): boolean => {
    if (isDraining || !isOpen) refuseUse();
    const tail = tailFrom(position);
    if (tail === position) return false;
    if (tail === undefined) refuseUse();
    limit = tail;
    const found = (tail - head) | 0;
    if (found > highWater) noteHighWater(highWater = found);
    return true;
  };

  const hasRecords = (): boolean => position !== limit || poll();

  const awaitRecords = (options: WaitOptions | undefined): boolean => {
    const timeoutMs = options === undefined ? Infinity : timeoutOf(options);
    if (position !== limit || poll()) return true;
    for (let polls = pollsOf(timeoutMs); polls > 0; polls--) {
      pause();
      if (tailFrom(position) !== position) return poll();
    }
    return wait(hasRecords, timeoutMs);
  };

  /** Each poll takes the tail's cache line from the producer: one that finds little again and again rests in between. */
  const gather = (found: number): void => {
    for (let i = 0; i < rest; i++) pause();
    rest = found < worthwhile ? Math.min(rest * 2 || 1, longestRest) : rest >> 1;
  };

  const receive = (fn: (record: ViewOf<S>) => void, most: number | undefined): number => {
    const from = position;
    // Without a limit, what is known now; with one, what comes meanwhile too.
    const last = most === undefined ? limit : (from + Math.min(most, slotMask + 1)) | 0;
    let known = limit;
    // All other methods now poll, which refuses.
    limit = from;
    isDraining = true;
    let at = from;
    try {
      for (let first = at;; first = at) {
        const end = ((last - known) | 0) < 0 ? last : known;
        while (at !== end) {
          moveToRecord(at);
          fn(record);
          at = (at + 1) | 0;
        }
        if (end === last) break;
        gather((at - first) | 0);
        const tail = tailFrom(at);
        if (tail === at || tail === undefined) {
          rest = 0;
          break;
        }
        known = tail;
      }
    } finally {
      isDraining = false;
      position = at;
      limit = known;
      if (at !== head) free(at);
    }
    return (at - from) | 0;
  };

  const shiftOne = (into: ViewOf<S>): void => {
    moveToRecord(position);
    copyTo(into);
    position = (position + 1) | 0;
    free(position);
  };

  const takeOne = (): ViewOf<S> => {
    if (((position - head) | 0) >= heldMost) free(position);
    moveToRecord(position);
    position = (position + 1) | 0;
    return record;
  };

  const release = (): void => {
    if (isDraining || !isOpen) refuseUse();
    if (position !== head) free(position);
  };

  return {
    drain(fn, most) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if ((most === undefined || position === limit) && !poll()) return 0;
      return receive(fn, most);
    },
    drainWait(fn, most, options) {
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (!awaitRecords(options)) return 0;
      if (most === undefined) poll();
      return receive(fn, most);
    },
    shift(into) {
      if (position === limit && !poll()) return false;
      shiftOne(into);
      return true;
    },
    shiftWait(into, options) {
      if (!awaitRecords(options)) return false;
      shiftOne(into);
      return true;
    },
    next() {
      if (position === limit) {
        if (position !== head) free(position);
        if (!poll()) return undefined;
      }
      return takeOne();
    },
    nextWait(options) {
      if (position === limit && position !== head) free(position);
      return awaitRecords(options) ? takeOne() : undefined;
    },
    release,
    head: () => head,
    isDraining: () => isDraining,
    close() {
      isOpen = false;
      limit = position;
    },
  };
}
