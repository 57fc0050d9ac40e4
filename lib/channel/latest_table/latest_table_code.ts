/**
 * The hot paths of tables: a piece of code for each attachment and each writer. The text is the same for all of them, but
 * engines keep one profile for each place in a source. With tables of five layouts in use, shared code calls five
 * functions from one place and inlines none of them; with two tables of one layout, what the code closes over is no
 * constant any more. In Bun, reading then takes 1.5 times as long and writing two times (`bench/latest_table.bench.ts`
 * has such a case).
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, peek, release } from "../../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { Source } from "../../layout/source.ts";
import { recordCopier } from "../../memory/mod.ts";
import { CHANGES_OFFSET, ROW_HEADER_BYTES, SLOT_HEADER_BYTES, TABLE_HEADER_BYTES } from "./format.ts";
import { refuseRow, type TableGeometry } from "./geometry.ts";

/** What reading a table needs. */
export interface ReadContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: TableGeometry;
  /** Moves over the slots. */
  readonly slot: ViewOf<S>;
  /** Reads a row that seems empty, whose copy failed, or whose segment was closed. */
  readonly readAgain: (row: number, into: ViewOf<S>) => boolean;
}

/** What writing a table needs. */
export interface WriteContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: TableGeometry;
  /** Moves over the slots that are written. */
  readonly slot: ViewOf<S>;
  /** Moves over the slots with a row's current value. */
  readonly current: ViewOf<S>;
  /** What `begin` returns: apart from `slot`, so that nothing else moves it, and outside unless a row is begun. */
  readonly opened: ViewOf<S>;
  /** An offset at which no field of a record is there. */
  readonly outside: number;
  readonly state: WriterState;
  /** Throws why the writer cannot be used. */
  readonly refuseUse: () => never;
}

/** What changes in a writer. */
export interface WriterState {
  isOpen: boolean;
  /** The row that was begun, or −1. */
  begun: number;
}

/** A table's method. */
interface ReadPath<S extends AnyStruct> {
  read(row: number, into: ViewOf<S>): boolean;
}

/** A writer's methods. */
interface WritePaths<S extends AnyStruct> {
  write(row: number, value: ViewOf<S> | Partial<ValueOf<S>>): void;
  begin(row: number): ViewOf<S>;
  commit(): void;
  /** Moves what `begin` returned out of the table: then it throws. */
  retire(): void;
}

/**
 * How the writer looks at the version it alone writes. Where the processor may let stores overtake an earlier store,
 * the look is an atomic one: after it, no store into the next slot can be seen before the version published last.
 */
const lookAtOwn = hasTotalStoreOrder() ? peek : load;

/** The first version word, and from a version word to its row's first slot, in words. */
const FIRST = TABLE_HEADER_BYTES / 4, SLOTS = ROW_HEADER_BYTES / 4, CHANGES = CHANGES_OFFSET / 4;

/** From the words of a row and a version to that version's slot; `record` is where the record in a slot begins. */
const slotWord = (at: string, version: string): string => `${at} + ${SLOTS} + (${version} & versionMask) * slotWords`;
const record = (slot: string): string => `((${slot}) * 4 + ${SLOT_HEADER_BYTES})`;

/** The version word of a row, which is checked. Words are less than 2^30, so all of this is done in 32-bit integers. */
const AT = `if (row >>> 0 !== row || row >= rows) refuseRow(row, rows);
const at = ${FIRST} + row * rowWords;`;

const GEOMETRY =
  `const { rows, versionMask } = geometry, rowWords = geometry.rowBytes / 4, slotWords = geometry.slotBytes / 4;`;

/** Makes `LatestTable.read`. */
export function readPath<S extends AnyStruct>(layout: S, context: ReadContext<S>): ReadPath<S>["read"] {
  return generate(
    layout,
    context,
    { load, peek, refuseRow },
    `return (row, into) => {
${AT}
// The first look is plain: if it is stale, the load after the copy shows it, and the slow path starts with a load.
const version = peek(words, at);
if (!version) return readAgain(row, into); // undefined in a closed segment
moveTo(slot, ${record(slotWord("at", "version"))});
copy(slot, into);
// Pairs with the store in publish: the copy is of version if its slot was not taken meanwhile.
return ((load(words, at) - version) >>> 0) < versionMask || readAgain(row, into);
};`,
  ) as ReadPath<S>["read"];
}

/** Makes the methods of `LatestTableWriter`. */
export function writePaths<S extends AnyStruct>(layout: S, context: WriteContext<S>): WritePaths<S> {
  const names = { layout, load, lookAtOwn, peek, release, refuseRow };
  return generate(
    layout,
    context,
    names,
    `const log = geometry.logOffset / 4, logMask = geometry.logMask;
// Aims at the slot of the row's next version, and writes that version into it. What was begun is forgotten.
const moveToNext = (at) => {
const version = lookAtOwn(words, at), high = words[${slotWord("at", "version")} + 1];
if (high === undefined || !state.isOpen) refuseUse();
const next = (version + 1) | 0, to = ${slotWord("at", "next")};
words[to] = next;
words[to + 1] = next === 0 ? high + 1 : high;
moveTo(slot, ${record("to")});
state.begun = -1;
};
const moveToCopy = (at) => {
moveTo(current, ${record(slotWord("at", "peek(words, at)"))});
moveToNext(at);
copy(current, slot);
};
// Only this writer changes the words. The first store is for the log; that of the version pairs with the loads in
// LatestTable's read and version, that of the count with those in ChangeLog.
const publish = (at, row) => {
const changes = peek(words, ${CHANGES});
words[log + (changes & logMask)] = row;
release(words, at, (peek(words, at) + 1) | 0);
release(words, ${CHANGES}, (changes + 1) | 0);
};
// What was published, or forgotten, is no longer the caller's to write.
const retire = () => moveTo(opened, outside);
return {
retire,
write(row, value) {
${AT}
if (value?.[$struct] === layout || layout.isView(value)) {
moveToNext(at);
copy(value, slot);
} else {
moveToCopy(at);
layout.assign(slot, value);
}
retire();
publish(at, row);
},
begin(row) {
${AT}
moveToCopy(at);
moveTo(opened, ${record(slotWord("at", "(peek(words, at) + 1)"))});
state.begun = row;
return opened;
},
commit() {
const row = state.begun;
if (row === -1) throw new TypeError("Cannot commit as no row was begun; call begin(row) first");
const at = ${FIRST} + row * rowWords;
if (peek(words, at) === undefined) refuseUse();
state.begun = -1;
retire();
publish(at, row);
},
};`,
  ) as WritePaths<S>;
}

function generate(layout: AnyStruct, context: object, names: object, body: string): unknown {
  const code = new Source();
  const use = Object.entries({ copy: recordCopier(layout), moveTo: layout.moveTo, ...context, ...names })
    .map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  return code.evaluate(`(() => {\nconst ${use};\n${GEOMETRY}\n${body}\n})()`);
}
