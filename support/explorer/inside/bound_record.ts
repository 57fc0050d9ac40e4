/**
 * Stands in for `lib/layout/bound_record.ts` in what is explored: records of words, each of which is copied by a step.
 *
 * @module
 */
import { READ_ONLY, VIEWS } from "../../../lib/layout/slots.ts";
import type { AnyStruct, ViewOf } from "../../../lib/layout/struct_type.ts";
import type { ReadonlyViews } from "../../../lib/layout/views.ts";

/** Records of so many words: stands for a struct. */
export class WordsLayout {
  readonly name = "Words";
  readonly byteLength: number;
  readonly alignment = 4;
  readonly schema = "";
  /** Copies a record, plainly. */
  readonly copy = copy;

  /** @param count How many words a record has. */
  constructor(count: number) {
    this.byteLength = count * 4;
  }

  /** A record in shared memory. */
  view(views: ReadonlyViews, byteOffset: number): WordsRecord {
    const record = new WordsRecord(views.i32 as Int32Array, this.byteLength / 4);
    record.first = byteOffset / 4;
    return record;
  }

  /** Moves a record. */
  moveTo(record: WordsRecord, byteOffset: number): void {
    record.first = byteOffset / 4;
  }

  /** Where a record lies. */
  byteOffsetOf(record: WordsRecord): number {
    return record.first * 4;
  }

  /** A record of an actor's own, with the same value in each word. */
  filled(value: number): WordsRecord {
    const record = new WordsRecord(new Int32Array(this.byteLength / 4), this.byteLength / 4);
    record.words.fill(value);
    return record;
  }
}

/** A record: in shared memory, or an actor's own. */
export class WordsRecord {
  readonly words: Int32Array;
  readonly count: number;
  /** Index of its first word. */
  first = 0;
  /** What atomic copies use. */
  readonly [VIEWS]: { readonly i32: Int32Array; readonly closed: boolean };
  readonly [READ_ONLY] = false;

  /** Made by a layout, or by what binds one. */
  constructor(words: Int32Array, count: number) {
    this.words = words;
    this.count = count;
    this[VIEWS] = { i32: words, closed: false };
  }

  /** One of its words. */
  get(index: number): number {
    return this.words[this.first + index];
  }

  /** Writes the same value to all its words. */
  fill(value: number): void {
    for (let i = 0; i < this.count; i++) this.words[this.first + i] = value;
  }

  /** The value that all its words have; NaN if they differ. */
  value(): number {
    const value = this.words[this.first];
    for (let i = 1; i < this.count; i++) if (this.words[this.first + i] !== value) return NaN;
    return value;
  }
}

function copy(from: WordsRecord, to: WordsRecord): void {
  for (let i = 0; i < from.count; i++) to.words[to.first + i] = from.words[from.first + i];
}

/** What moves and copies a record. */
export interface BoundWords {
  readonly record: WordsRecord;
  moveTo(byteOffset: number): void;
  retire(): void;
  copyTo(into: WordsRecord): void;
  copyFrom(from: WordsRecord): void;
  checkTarget(into: WordsRecord): void;
  checkSource(from: WordsRecord): void;
  isView(value: unknown): value is WordsRecord;
  draft(): WordsRecord;
  prepare(values: unknown): void;
}

/** Makes a record over shared memory. */
export function bindRecord(layout: WordsLayout, views: ReadonlyViews, byteOffset = 0): BoundWords {
  const record = layout.view(views, byteOffset);
  return {
    record,
    moveTo(at) {
      record.first = at / 4;
    },
    retire() {
      record.first = -1;
    },
    copyTo(into) {
      copy(record, into);
    },
    copyFrom(from) {
      copy(from, record);
    },
    checkTarget() {},
    checkSource() {},
    isView: (value): value is WordsRecord => value instanceof WordsRecord,
    draft(): never {
      throw new Error("Cannot make a draft as explored records are given as records");
    },
    prepare(): never {
      throw new Error("Cannot prepare values as explored records are given as records");
    },
  };
}

/** A layout of records of so many words, for options. */
export function recordsOf(words: number): AnyStruct {
  return new WordsLayout(words) as unknown as AnyStruct;
}

/** A record of an actor's own, with the same value in each word. */
export function filled(layout: AnyStruct, value: number): ViewOf<AnyStruct> {
  return (layout as unknown as WordsLayout).filled(value) as unknown as ViewOf<AnyStruct>;
}

/** The value that all words of a record have; NaN if they differ: it is torn. */
export function valueIn(record: ViewOf<AnyStruct>): number {
  return (record as unknown as WordsRecord).value();
}

/** Writes the same value to all words of a record. */
export function fill(record: ViewOf<AnyStruct>, value: number): void {
  (record as unknown as WordsRecord).fill(value);
}
