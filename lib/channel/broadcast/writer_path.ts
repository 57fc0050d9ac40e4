import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundView, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { SlotPorts, WakePorts } from "../shared/path_ports.ts";
import type { ProducerMethods } from "../shared/producer.ts";

/** What a writer is given. */
export interface WriterPorts<S extends AnyStruct> extends SlotPorts, WakePorts {
  readonly words: WordAccess;
  /** Moves over the records. */
  readonly bound: BoundView<S>;
  /** Copies over a record while others may read it. */
  readonly copyFrom: (from: ViewOf<S>) => void;
  /** How many records may be claimed before they are published. */
  readonly batch: number;
  /** The tail, its low word, which only one writer at a time writes. */
  readonly tailWord: number;
  /** A word that is never written, in a cache line that no process takes away: undefined in closed memory. */
  readonly fixedWord: number;
  readonly epochBits: number;
  /** The event count that is notified of publishing. */
  readonly publishedWord: number;
  /**
   * Whether the processor keeps stores in order. Where it does not, the writer loads the tail atomically: after that,
   * no store into a claimed record is seen before the tail published last.
   */
  readonly isOrdered: boolean;
  /**
   * Makes this the only writer and returns the tail; throws if nothing can be claimed: because of `claimed`, if it is
   * not 0.
   */
  readonly beginTurn: (claimed: number) => number;
  /** Called when nothing is claimed any more; returns whether this still is the only writer. */
  readonly endTurn: () => boolean;
  /** Called before a tail is published that begins another epoch. */
  readonly changeEpoch: (tail: number) => void;
  /** Throws the reason why nothing can be claimed. */
  readonly refuseClaim: () => never;
  /** Throws the reason why nothing can be published. */
  readonly refusePublish: () => never;
}

/** A writer's methods. */
export type WriterPath<S extends AnyStruct> = ProducerMethods<
  () => ViewOf<S>,
  (value: ViewOf<S> | Partial<ValueOf<S>>) => void
>;

/** The hot paths of a writer of a broadcast. */
export function makeWriterPath<S extends AnyStruct>(ports: WriterPorts<S>): WriterPath<S> {
  const { words: { load, peek, publish: publishWord }, bound: { record, moveTo, isView, prepare, draft } } = ports;
  const { copyFrom, recordsOffset, recordBytes, slotMask, batch, tailWord, epochBits, publishedWord, asleep } = ports;
  const { wake, beginTurn, endTurn, changeEpoch, refuseClaim, refusePublish } = ports;
  const { isOrdered, fixedWord } = ports;
  let next = 0, tail = 0, limit = 0;

  const begin = (): void => {
    next = tail = beginTurn((next - tail) | 0);
    limit = (tail + batch) | 0;
  };

  const end = (): void => {
    limit = endTurn() ? (tail + batch) | 0 : tail;
  };

  const publish = (): void => {
    if (next === tail || peek(fixedWord) === undefined) refusePublish();
    if ((next ^ tail) >>> epochBits !== 0) changeEpoch(next);
    tail = next;
    publishWord(tailWord, next); // pairs: broadcast tail
    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
    end();
  };

  /** Copies a value that is claimed once it is there; if it cannot be copied, nothing was claimed. */
  const copy = (value: ViewOf<S> | Partial<ValueOf<S>>): void => {
    let isDone = false;
    try {
      copyFrom(isView(value) ? value : draft());
      isDone = true;
    } finally {
      if (!isDone && next === tail) end();
    }
  };

  const abort = (): void => {
    next = limit = tail;
    endTurn();
  };

  return {
    claim() {
      if (next === limit) begin();
      if (peek(fixedWord) === undefined) refuseClaim();
      if (!isOrdered) load(tailWord);
      moveTo(recordsOffset + (next & slotMask) * recordBytes);
      next = (next + 1) | 0;
      return record;
    },
    publish,
    push(value) {
      // Before anything is claimed: it may throw, and getters of the value may write as well.
      if (!isView(value)) prepare(value);
      if (next === limit) begin();
      if (peek(fixedWord) === undefined) refuseClaim();
      if (!isOrdered) load(tailWord);
      moveTo(recordsOffset + (next & slotMask) * recordBytes);
      copy(value);
      next = (next + 1) | 0;
      publish();
    },
    claimed: () => (next - tail) | 0,
    abort,
    close: abort,
  };
}
