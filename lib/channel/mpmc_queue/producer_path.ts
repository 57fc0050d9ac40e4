import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundRecord, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import type { WaitPorts } from "../shared/waiter.ts";
import type { QueuePlaces } from "./geometry.ts";

/** What a producer of a queue is given. */
export interface QueueProducerPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  readonly places: QueuePlaces;
  /** Moves over the records. */
  readonly bound: BoundRecord<S>;
  /** The producer's own cell: which position it names first, and how many. */
  readonly nameFirstWord: number;
  readonly nameCountWord: number;
  /** The most records that may be claimed and not published. */
  readonly mostClaims: number;
  /** Wakes the consumers that sleep. */
  readonly wake: () => void;
  /** Returns a view with an object's values, which is good until a record is pushed. Throws if a value does not fit. */
  readonly prepareNested: (values: Partial<ValueOf<S>>) => ViewOf<S>;
  /** Called where the slot of a position is not free: whether it is now, as its consumer was dead. */
  readonly settleDeath: (position: number) => boolean;
  /** Counts that there was no space. */
  readonly noteFull: () => void;
  /** Throws why nothing can be claimed. */
  readonly refuseUse: () => never;
  /** Throws that so many cannot be claimed ahead. */
  readonly refuseAhead: (ahead: unknown) => never;
  /** Throws that as many are claimed as may be. */
  readonly refuseMore: () => never;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
  readonly waiting: WaitPorts;
}

/** A producer's methods, and what they keep. */
export interface QueueProducerPath<S extends AnyStruct> {
  claim(ahead?: number): ViewOf<S> | undefined;
  claimWait(options?: WaitOptions): ViewOf<S> | undefined;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): boolean;
  pushWait(value: ViewOf<S> | Partial<ValueOf<S>>, options?: WaitOptions): boolean;
  /** How many records are claimed and not published. */
  claimed(): number;
  /** Gives up all that is claimed. */
  abort(): void;
  /** Gives up all that is claimed; from now on, all refuse. */
  close(): void;
}

/** The hot paths of one of a queue's producers. */
export function makeQueueProducerPath<S extends AnyStruct>(ports: QueueProducerPorts<S>): QueueProducerPath<S> {
  const { words: { load, peek, release, publish: publishWord, compareExchange }, bound } = ports;
  const { record, moveTo, copyFrom, isView, checkSource, prepare, draft } = bound;
  const { slotsWord, slotWords, slotMask, recordDelta, capacity, tailWord, publishedWord, asleep } = ports.places;
  const { full, voided } = ports.places.states;
  const { nameFirstWord, nameCountWord, mostClaims, wake, prepareNested, settleDeath, noteFull } = ports;
  const { refuseUse, refuseAhead, refuseMore, refusePublish } = ports;
  const { onlySpins, pause, until } = ports.waiting;
  const slots = (slotMask + 1) | 0, lapMask = ~slotMask, isEachSlotUsed = capacity === slots;
  // Of the positions taken from the tail, those from `next` to `end` are not handed out. Those handed out and not published are
  // those from `from` to `next`, and those of earlier runs, which are kept one by one.
  const kept = new Int32Array(mostClaims);
  let from = 0, next = 0, end = 0, keptCount = 0, isOpen = true, preparing = 0;

  const slotOf = (position: number): number => (slotsWord + (position & slotMask) * slotWords) | 0;

  const isFree = (position: number): boolean => {
    if (load(slotOf(position)) !== (position & lapMask)) return false; // pairs: slot state
    return isEachSlotUsed || isFreedBefore((position - capacity) | 0);
  };

  const isFreedBefore = (before: number): boolean => load(slotOf(before)) === (((before & lapMask) + slots) | 0); // pairs: slot state

  const claimedCount = (): number => (keptCount + ((next - from) | 0)) | 0;

  /** The first position that is handed out, or of those that are about to be taken. */
  const firstNamed = (position: number): number => keptCount !== 0 ? kept[0] : from !== next ? from : position;

  const keepRun = (): void => {
    for (; from !== next; from = (from + 1) | 0) kept[keptCount++] = from;
  };

  const failed = (position: number): boolean => {
    release(nameCountWord, (next - firstNamed(next)) | 0); // pairs: names in cells
    return false;
  };

  /** Takes up to so many free positions from the tail; false if the next one is not free. */
  const reserve = (most: number): boolean => {
    if (!isOpen) refuseUse();
    let position = load(tailWord); // pairs: queue tail
    while (true) {
      if (position === undefined) refuseUse();
      if (isFree(position)) {
        const last = (position + most) | 0;
        let to = (position + 1) | 0;
        while (to !== last && isFree(to)) to = (to + 1) | 0;
        const first = firstNamed(position);
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
        if (now !== position) position = now;
        else if (!settleDeath(position)) {
          return failed(position);
        }
      }
    }
  };

  const hasSpace = (): boolean => next !== end || reserve(1);

  const awaitSpace = (options: WaitOptions | undefined): boolean => {
    if (next === end && claimedCount() === mostClaims) refuseMore();
    if (!onlySpins || options !== undefined) return until(hasSpace, options);
    while (!hasSpace()) pause();
    return true;
  };

  /** Looks for space where none is reserved. */
  const reserveOrRefuse = (most: number): boolean => {
    const room = (mostClaims - claimedCount()) | 0;
    if (room === 0) refuseMore();
    if (reserve(most < room ? most : room)) return true;
    noteFull();
    return false;
  };

  const handOut = (): void => {
    moveTo(slotOf(next) * 4 + recordDelta);
    next = (next + 1) | 0;
  };

  const giveUpRest = (): void => {
    for (; next !== end; next = (next + 1) | 0) {
      release(slotOf(next), ((next & lapMask) + voided) | 0); // pairs: slot state
    }
    from = next;
  };

  const settleKept = (state: number): void => {
    for (let i = 0; i < keptCount; i++) {
      const position = kept[i];
      release(slotOf(position), ((position & lapMask) + state) | 0); // pairs: slot state
    }
    keptCount = 0;
  };

  /** Ends all that is claimed, in the state that is given. */
  const settle = (state: number): void => {
    if (keptCount !== 0) settleKept(state);
    for (let at = from; at !== next; at = (at + 1) | 0) {
      release(slotOf(at), ((at & lapMask) + state) | 0); // pairs: slot state
    }
    from = next;
    if (next !== end) giveUpRest();
    // The last of these stores, so that none of them is passed by the look for sleepers.
    publishWord(nameCountWord, 0); // pairs: names in cells
    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  const publish = (): void => {
    if (from === next && keptCount === 0 || peek(tailWord) === undefined) refusePublish();
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

  const put = (from: ViewOf<S>): void => {
    handOut();
    copyFrom(from);
    publish();
  };

  return {
    claim(ahead = 1) {
      if (ahead >>> 0 !== ahead || ahead === 0 || ahead > mostClaims) refuseAhead(ahead);
      if (next === end) { if (!reserveOrRefuse(ahead)) return undefined; }
      else if (peek(tailWord) === undefined) refuseUse();
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
      const from = prepared(value);
      if (next === end && !reserveOrRefuse(1)) return false;
      put(from);
      return true;
    },
    pushWait(value, options) {
      const from = prepared(value);
      if (!awaitSpace(options)) return false;
      put(from);
      return true;
    },
    claimed: claimedCount,
    abort,
    close() {
      abort();
      isOpen = false;
    },
  };
}
