import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundRecord, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import type { AsyncProducerMethods } from "./async_producer.ts";
import type { SlotPorts, WakePorts } from "./path_ports.ts";
import type { WaitPorts } from "./waiter.ts";

/** What a producer is given. */
export interface ProducerPorts<S extends AnyStruct> extends SlotPorts, WakePorts {
  readonly words: WordAccess;
  /** The view that moves over the records. */
  readonly bound: BoundRecord<S, "copyFrom">;
  /** Where to begin. Positions are signed: engines keep them as integers. */
  readonly start: number;
  /** The tail, which this producer alone writes. */
  readonly tailWord: number;
  /** The event count that is notified of publishing. */
  readonly publishedWord: number;
  /** Returns the position at which there is no space left; throws if nothing can be claimed any more. */
  readonly findSpace: (next: number) => number;
  /** Counts that there was no space. */
  readonly noteFull: () => void;
  /** Throws the reason why nothing can be claimed. */
  readonly refuseClaim: () => never;
  /** Throws the reason why nothing can be published. */
  readonly refusePublish: () => never;
  readonly waiting: WaitPorts;
}

/** A producer's methods, and what they keep. */
export interface ProducerPath<S extends AnyStruct> extends AsyncProducerMethods<S> {
  /** The position to be claimed next. */
  next(): number;
  /** The position that was published up to. */
  tail(): number;
}

/**
 * The hot paths of the one producer of records: of a ring, or of a pipeline.
 *
 * Neither side loads a word of its own that the other one polls: a processor that has just read a line may have taken
 * it over. Closed memory is noticed at the event count, which stands apart and changes only when a consumer sleeps.
 */
export function makeProducerPath<S extends AnyStruct>(ports: ProducerPorts<S>): ProducerPath<S> {
  const {
    words: { loadBehindStore, peek, publish: publishWord },
    bound: { record, moveTo, copyFrom, isView, prepare, draft },
  } = ports;
  const { recordsOffset, recordBytes, slotMask, tailWord, publishedWord, asleep } = ports;
  const { wake, findSpace, noteFull, refuseClaim, refusePublish } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  let next = ports.start, tail = ports.start, limit = ports.start;

  const hasSpace = (): boolean => next !== limit || next !== (limit = findSpace(next));

  const claimNext = (): void => {
    if (peek(publishedWord) === undefined) refuseClaim();
    moveTo(recordsOffset + (next & slotMask) * recordBytes);
    next = (next + 1) | 0;
  };

  const publish = (): void => {
    if (next === tail) refusePublish();
    tail = next;
    publishWord(tailWord, next); // pairs: ring tail
    const event = loadBehindStore(publishedWord); // pairs: event count, Dekker's way
    if (event === undefined) refusePublish();
    if ((event & asleep) !== 0) wake();
  };

  const isRefused = (): boolean => {
    if (hasSpace()) return false;
    noteFull();
    return true;
  };

  const awaitSpace = (options: WaitOptions | undefined): boolean => {
    if (hasSpace()) {
      if (options !== undefined) check(options);
      return true;
    }
    if (!onlySpins || options !== undefined) return until(hasSpace, options);
    do pause(); while (!hasSpace());
    return true;
  };

  const put = (value: ViewOf<S> | Partial<ValueOf<S>>): void => {
    if (peek(tailWord) === undefined) refuseClaim();
    moveTo(recordsOffset + (next & slotMask) * recordBytes);
    copyFrom(isView(value) ? value : draft()); // throws if the view's own memory was closed: nothing is claimed then
    next = (next + 1) | 0;
    publish();
  };

  /** The next claim checks for space anew. */
  const abort = (): void => {
    next = limit = tail;
  };

  return {
    claim() {
      if (next === limit && isRefused()) return undefined;
      if (peek(publishedWord) === undefined) refuseClaim();
      moveTo(recordsOffset + (next & slotMask) * recordBytes);
      next = (next + 1) | 0;
      return record;
    },
    publish,
    push(value) {
      // Before anything is claimed: it may throw, and getters of the value may push as well.
      if (!isView(value)) prepare(value);
      if (next === limit && isRefused()) return false;
      put(value);
      return true;
    },
    claimWait(options) {
      if ((next === limit || options !== undefined) && !awaitSpace(options)) return undefined;
      claimNext();
      return record;
    },
    pushWait(value, options) {
      if (!isView(value)) prepare(value);
      if (!awaitSpace(options)) return false;
      put(value);
      return true;
    },
    next: () => next,
    tail: () => tail,
    claimed: () => (next - tail) | 0,
    abort,
    close: abort,
  };
}
