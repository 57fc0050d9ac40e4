import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundView, ValueOf, ViewOf } from "../../layout/internal.ts";
import type { TablePlaces } from "./geometry.ts";
import type { RowWriter } from "./row_writer.ts";

/** What writing a table needs. */
export interface WriterPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  readonly places: TablePlaces;
  /** Moves over the slots that are copied from and to. */
  readonly bound: BoundView<S>;
  /** Copies between slots and views so that others may read meanwhile. */
  readonly copyTo: (into: ViewOf<S>) => void;
  readonly copyFrom: (from: ViewOf<S>) => void;
  /** What `begin` returns, retired unless a row is begun. */
  readonly opened: BoundView<S>;
  /**
   * Whether the processor keeps stores in order. Where it does not, the writer loads the version, which it alone
   * writes, atomically: after that, no store into the next slot is seen before the version published last.
   */
  readonly isOrdered: boolean;
  /** The bit of the event count that says that a waiter may sleep; and what wakes those that do. */
  readonly asleep: number;
  readonly wake: () => void;
  /** Throws the reason why the writer cannot be used. */
  readonly refuseUse: () => never;
  /** Refuses a row that does not exist. */
  readonly refuseRow: (row: number, rows: number) => never;
  /** Throws the reason why there is nothing to commit. */
  readonly refuseCommit: () => never;
  /** Refuses to write, as a getter of the values wrote to the table. */
  readonly refuseNested: () => never;
}

/** A writer's methods. */
export interface WriterPath<S extends AnyStruct> extends RowWriter<S> {
  /** Forgets what was begun; from now on, every method refuses. */
  close(): void;
}

/** The hot paths of a table's writer. */
export function makeWriterPath<S extends AnyStruct>(ports: WriterPorts<S>): WriterPath<S> {
  const { words: { load, loadBehindStore, peek, poke, release, publish: publishWord }, bound, copyTo, copyFrom } =
    ports;
  const { refuseUse, refuseRow, refuseCommit, refuseNested } = ports;
  const { rows, versionMask, firstWord, rowWords, slotsDelta, slotWords, recordDelta } = ports.places;
  const { changesWord, changedEventWord, logWord, logMask } = ports.places, { asleep, wake } = ports;
  const { moveTo, isView, draft, prepare } = bound, loadOwn = ports.isOrdered ? peek : load;
  const { record, moveTo: openAt, retire } = ports.opened;
  let isOpen = true, begun = -1, writes = 0;

  const slotOf = (at: number, version: number): number => at + slotsDelta + (version & versionMask) * slotWords;
  const recordOf = (slot: number): number => slot * 4 + recordDelta;

  /** Writes the next version's number into its slot, and returns that slot. What was begun is forgotten. */
  const takeNext = (at: number): number => {
    const version = loadOwn(at), high = peek(slotOf(at, version) + 1);
    if (high === undefined || !isOpen) refuseUse();
    const next = (version + 1) | 0, slot = slotOf(at, next);
    poke(slot, next);
    poke(slot + 1, next === 0 ? high + 1 : high);
    begun = -1;
    return slot;
  };

  // Only this writer changes the words. The first store is for the log.
  const publish = (at: number, row: number): void => {
    const changes = peek(changesWord);
    poke(logWord + (changes & logMask), row);
    release(at, (peek(at) + 1) | 0); // pairs: table version
    publishWord(changesWord, (changes + 1) | 0); // pairs: table changes
    if ((loadBehindStore(changedEventWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  /** The draft holds the row's current value, changed by the values: all of them are good. */
  const prepareRow = (at: number, values: Partial<ValueOf<S>>): void => {
    const mine = ++writes, version = peek(at);
    if (version === undefined || !isOpen) refuseUse();
    moveTo(recordOf(slotOf(at, version)));
    copyTo(draft());
    prepare(values);
    if (writes !== mine) refuseNested();
  };

  return {
    write(row, value) {
      if (row >>> 0 !== row || row >= rows) refuseRow(row, rows);
      const at = firstWord + row * rowWords, isCopied = isView(value);
      if (!isCopied) prepareRow(at, value);
      moveTo(recordOf(takeNext(at)));
      copyFrom(isCopied ? value : draft());
      writes++;
      retire(); // what was begun is no longer the caller's to write
      publish(at, row);
    },
    begin(row) {
      if (row >>> 0 !== row || row >= rows) refuseRow(row, rows);
      const at = firstWord + row * rowWords;
      const slot = takeNext(at);
      moveTo(recordOf(slotOf(at, peek(at))));
      openAt(recordOf(slot));
      copyTo(record);
      begun = row;
      return record;
    },
    commit() {
      const row = begun;
      if (row === -1) refuseCommit();
      const at = firstWord + row * rowWords;
      if (peek(at) === undefined) refuseUse();
      begun = -1;
      retire();
      publish(at, row);
    },
    close() {
      isOpen = false;
      begun = -1;
      retire();
    },
  };
}
