import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundRecord, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import type { AsyncProducerMethods } from "../shared/async_producer.ts";
import type { WaitPorts } from "../shared/waiter.ts";
import type { QueuePlaces } from "./geometry.ts";

/** What a producer of a queue is given. */
export interface QueueProducerPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  readonly places: QueuePlaces;
  /** The view that moves over the records. */
  readonly bound: BoundRecord<S, "copyFrom" | "checkSource">;
  /** The producer's own cell: which position it names first, and how many. */
  readonly nameFirstWord: number;
  readonly nameCountWord: number;
  /** The most records that may be claimed and not published. */
  readonly mostClaims: number;
  /** How many records between two times that there is no space make a poll worthwhile. */
  readonly worthwhile: number;
  /** The most pauses for which a producer rests before it polls for space. */
  readonly longestRest: number;
  /** Wakes the consumers that sleep. */
  readonly wake: () => void;
  /**
   * Returns a view of its own with an object's values; throws if one does not fit. For pushes within a getter of a
   * push.
   */
  readonly prepareNested: (values: Partial<ValueOf<S>>) => ViewOf<S>;
  /** Called where the slot of a position is not free: returns whether it is free now, because its consumer was dead. */
  readonly settleDeath: (position: number) => boolean;
  /** Counts that there was no space. */
  readonly noteFull: () => void;
  /** Throws the reason why nothing can be claimed. */
  readonly refuseUse: () => never;
  /** Refuses to claim that many ahead. */
  readonly refuseAhead: (ahead: unknown) => void;
  /** Refuses, as no more may be claimed. */
  readonly refuseMore: () => never;
  /** Throws the reason why nothing can be published. */
  readonly refusePublish: () => never;
  readonly waiting: WaitPorts;
}

/** A producer's methods. */
export interface QueueProducerPath<S extends AnyStruct> extends AsyncProducerMethods<S> {
  claim(ahead?: number): ViewOf<S> | undefined;
}

/** The hot paths of one of a queue's producers. */
export function makeQueueProducerPath<S extends AnyStruct>(ports: QueueProducerPorts<S>): QueueProducerPath<S> {
  const { words: { load, peek, release, publish: publishWord, compareExchange }, bound } = ports;
  const { record, moveTo, copyFrom, isView, checkSource, prepare, draft } = bound;
  const { slotsWord, slotWords, slotMask, recordDelta, capacity, tailWord, publishedWord, asleep } = ports.places;
  const { full, voided } = ports.places.states;
  const { nameFirstWord, nameCountWord, mostClaims, worthwhile, longestRest } = ports;
  const { wake, prepareNested, settleDeath, noteFull } = ports;
  const { refuseUse, refuseAhead, refuseMore, refusePublish } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  const slots = (slotMask + 1) | 0, lapMask = ~slotMask, isEachSlotUsed = capacity === slots;
  // Of the positions taken from the tail, those from `next` to `end` are not handed out. Handed out and not published
  // are those from `from` to `next`, and those of earlier runs, which are kept one by one.
  const kept = new Int32Array(mostClaims);
  let from = 0, next = 0, end = 0, keptCount = 0, isClosed = false, preparing = 0;
  // Where there was no space the last time, and how long it rested then.
  let fullAt = 0, rest = 0;

  const slotOf = (position: number): number => (slotsWord + (position & slotMask) * slotWords) | 0;

  const claimedCount = (): number => (keptCount + ((next - from) | 0)) | 0;

  /** The first position that is handed out; or the given one, about to be taken, while none is. */
  const firstNamed = (position: number): number => keptCount !== 0 ? kept[0] : from !== next ? from : position;

  // pairs: slot state
  const isFreed = (position: number): boolean => load(slotOf(position)) === (((position & lapMask) + slots) | 0);

  // A position can be claimed once the one a capacity before it was freed: so there are never more records than that,
  // and no producer reads the head, which the consumers write all the time. With a power of two it is the same slot.
  const isFree = (position: number): boolean =>
    load(slotOf(position)) === (position & lapMask) && // pairs: slot state
    (isEachSlotUsed || isFreed((position - capacity) | 0));

  /** Another producer claimed meanwhile: what is handed out is no longer in one piece. */
  const keepRun = (): void => {
    for (; from !== next; from = (from + 1) | 0) kept[keptCount++] = from;
  };

  /** Whether to try again where a position is not free. */
  const isWorthRetrying = (position: number, now: number): boolean => {
    if (now === undefined) refuseUse();
    if (now !== position || settleDeath(position)) return true;
    const first = firstNamed(next);
    release(nameCountWord, (next - first) | 0); // pairs: names in cells. What is handed out, and nothing else
    return false;
  };

  /** Takes up to so many free positions from the tail; false if the next one is not free. */
  const reserve = (most: number): boolean => {
    if (isClosed) refuseUse();
    const room = (mostClaims - claimedCount()) | 0;
    if (room === 0) refuseMore();
    let position = load(tailWord); // pairs: queue tail
    while (true) {
      // The same as isFree, which would be a level too deep here for engines to put it in place.
      if (
        load(slotOf(position)) === (position & lapMask) && // pairs: slot state
        (isEachSlotUsed || isFreed((position - capacity) | 0))
      ) {
        const last = (position + (most < room ? most : room)) | 0, first = firstNamed(position);
        let to = (position + 1) | 0;
        while (to !== last && isFree(to)) to = (to + 1) | 0;
        // Named before the tail passes. What another producer gets may be among what is named.
        release(nameFirstWord, first); // pairs: names in cells
        release(nameCountWord, (to - first) | 0); // pairs: names in cells
        const found = compareExchange(tailWord, position, to); // pairs: queue tail
        if (found === position) {
          if (position !== next) {
            if (from !== next) keepRun();
            from = next = position;
          }
          end = to;
          return true;
        }
        position = found;
      } else {
        const now = load(tailWord); // pairs: queue tail
        if (!isWorthRetrying(position, now)) return false;
        position = now;
      }
    }
  };

  const hasSpace = (): boolean => next !== end || reserve(1);

  /**
   * Rests where there is no space again after few records. Each poll takes from a consumer the cache line that it is
   * about to free: close on its heels, a producer makes both pay for that at each record.
   */
  const restWhereFull = (): void => {
    rest = ((next - fullAt) | 0) >= worthwhile ? rest >> 1 : rest === 0 ? 1 : rest < longestRest ? rest * 2 : rest;
    fullAt = next;
    for (let i = 0; i < rest; i++) pause();
  };

  const awaitSpace = (options: WaitOptions | undefined): boolean => {
    if (options !== undefined) check(options);
    if (hasSpace()) return true;
    restWhereFull();
    if (!onlySpins || options !== undefined) return until(hasSpace, options);
    while (!hasSpace()) pause();
    return true;
  };

  const handOut = (): void => {
    if (peek(tailWord) === undefined) refuseUse();
    moveTo(slotOf(next) * 4 + recordDelta);
    next = (next + 1) | 0;
  };

  const settleKept = (state: number): void => {
    for (let i = 0; i < keptCount; i++) {
      const position = kept[i];
      release(slotOf(position), ((position & lapMask) + state) | 0); // pairs: slot state
    }
    keptCount = 0;
  };

  const giveUpRest = (): void => {
    for (; next !== end; next = (next + 1) | 0) {
      release(slotOf(next), ((next & lapMask) + voided) | 0); // pairs: slot state
    }
    from = next;
  };

  /** Ends all that is claimed, in the state that is given. */
  const settle = (state: number): void => {
    if (keptCount !== 0) settleKept(state);
    for (let at = from; at !== next; at = (at + 1) | 0) {
      release(slotOf(at), ((at & lapMask) + state) | 0); // pairs: slot state
    }
    from = next;
    if (next !== end) giveUpRest();
    // The last of these stores, so that the check for sleepers passes none of them.
    publishWord(nameCountWord, 0); // pairs: names in cells
    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  const publish = (): void => {
    if (claimedCount() === 0 || peek(tailWord) === undefined) refusePublish();
    settle(full);
  };

  const abort = (): void => {
    if (peek(tailWord) === undefined) from = next = end, keptCount = 0; // the segment was closed, which gave all up
    else if (claimedCount() !== 0 || next !== end) settle(voided);
  };

  /** Checks a value before anything is claimed: it may throw, and its getters may push too. */
  const prepared = (value: ViewOf<S> | Partial<ValueOf<S>>): ViewOf<S> => {
    if (isView(value)) {
      checkSource(value);
      return value;
    }
    // Within a getter: the draft is being written.
    if (preparing !== 0) return prepareNested(value);
    preparing++;
    try {
      prepare(value);
    } catch (error) {
      preparing--;
      throw error;
    }
    preparing--;
    return draft();
  };

  return {
    claim(ahead) {
      if (ahead !== undefined && ((ahead | 0) !== ahead || ahead < 1 || ahead > mostClaims)) refuseAhead(ahead);
      if (next === end && !reserve(ahead === undefined ? 1 : ahead)) {
        noteFull();
        return undefined;
      }
      handOut();
      return record;
    },
    claimWait(options) {
      if (!awaitSpace(options)) return undefined;
      handOut();
      return record;
    },
    publish,
    push(value) {
      const good = prepared(value);
      if (next === end && !reserve(1)) {
        noteFull();
        return false;
      }
      handOut();
      copyFrom(good);
      settle(full);
      return true;
    },
    pushWait(value, options) {
      const good = prepared(value);
      if (!awaitSpace(options)) return false;
      handOut();
      copyFrom(good);
      settle(full);
      return true;
    },
    claimed: claimedCount,
    abort,
    close() {
      abort();
      isClosed = true;
    },
  };
}
