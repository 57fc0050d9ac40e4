/**
 * The hot paths of broadcasts, a piece of code for each writer and reader; `latest_table_code.ts` says why.
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { INLINE_NAMES, load, loadText, peek, publishText, store } from "../../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { Source } from "../../layout/source.ts";
import { recordCopier } from "../../memory/internal.ts";
import { ASLEEP } from "../../sync/event_count.ts";
import { BROADCAST_HEADER_BYTES, EPOCH_BITS, EPOCH_OFFSET, PUBLISHED_EVENT_OFFSET, TAIL_OFFSET } from "./format.ts";
import type { BroadcastGeometry } from "./geometry.ts";

/** What changes in a reader. */
export interface BroadcastReaderState {
  /** The position to be received next, its low half. */
  next: number;
  /** The tail when the reader last looked, its low half. */
  limit: number;
  /** What its high half is worth, a multiple of 2^32. */
  base: number;
  /** The epoch when the reader last looked. */
  epoch: number;
  /** How many records were overwritten before they were received. */
  lost: number;
}

/** What a writer needs. */
export interface BroadcastWriterContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: BroadcastGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** Whether sleepers fence what this process publishes. */
  readonly isFenced: boolean;
  /** Wakes sleeping readers. */
  readonly wake: () => void;
  /** Makes this the only writer and returns the tail, the low half; throws if nothing can be claimed. */
  readonly begin: (claimed: number) => number;
  /** Called after each publish: whether this is still the only writer. */
  readonly end: () => boolean;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
}

/** What a reader needs. */
export interface BroadcastReaderContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: BroadcastGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** Moves over records of the reader's own, one after another. */
  readonly copied: ViewOf<S>;
  /** How many those are. */
  readonly chunk: number;
  readonly state: BroadcastReaderState;
  /** Looks for new records, and counts what was lost: false if there are none. */
  readonly look: () => boolean;
}

/** A writer's methods, and what they keep. */
export interface BroadcastWriterPaths<S extends AnyStruct> {
  claim(): ViewOf<S>;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): void;
  /** How many were claimed and not published. */
  claimed(): number;
  /** Forgets what was claimed; the next claim begins. */
  abort(): void;
}

/** A reader's methods. */
export interface BroadcastReaderPaths<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  shift(into: ViewOf<S>): boolean;
}

/** Says that so many records cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

const TAIL = TAIL_OFFSET / 4, EPOCH = EPOCH_OFFSET / 4, PUBLISHED = PUBLISHED_EVENT_OFFSET / 4;

/** Stores the epoch that the next tail begins; not again if the writer before did, and died. */
function beginEpoch(words: Int32Array, next: number): void {
  const epoch = peek(words, EPOCH); // written by the writer alone
  if ((epoch & 3) !== next >>> EPOCH_BITS) store(words, EPOCH, epoch + 1); // pairs with totalOf
}

/** As in `latest_table_code.ts`: after it, no store into a claimed record is seen before the last tail. */
const lookAtOwn = hasTotalStoreOrder() ? peek : load;

const GEOMETRY = "const { capacity, slotMask, batch, reach } = geometry;";

/** Where the record of a position begins. */
function recordAt(layout: AnyStruct, position: string): string {
  return `${BROADCAST_HEADER_BYTES} + (${position} & slotMask) * ${layout.byteLength}`;
}

/** Makes the methods of `BroadcastWriter`. */
export function broadcastWriterPaths<S extends AnyStruct>(
  layout: S,
  context: BroadcastWriterContext<S>,
): BroadcastWriterPaths<S> {
  const names = { layout, copy: layout.copy, lookAtOwn, beginEpoch };
  return generate(
    layout,
    context,
    names,
    `let next = 0, tail = 0, limit = 0;
const renew = () => {
next = tail = begin((next - tail) | 0);
limit = (tail + batch) | 0;
};
// Only this writer changes the word. The store pairs with the looks of the readers.
const publish = () => {
if (next === tail || words[${TAIL}] === undefined) refusePublish();
if ((next ^ tail) >>> ${EPOCH_BITS} !== 0) beginEpoch(words, next);
tail = next;
${publishText("words", TAIL, "next")}
if ((${loadText("words", PUBLISHED)} & ${ASLEEP}) !== 0) wake();
limit = end() ? (next + batch) | 0 : next;
};
const abort = () => {
next = limit = tail;
};
return {
claim() {
if (next === limit) renew();
lookAtOwn(words, ${TAIL});
moveTo(record, ${recordAt(layout, "next")});
next = (next + 1) | 0;
return record;
},
publish,
push(value) {
if (next === limit) renew();
lookAtOwn(words, ${TAIL});
moveTo(record, ${recordAt(layout, "next")});
try {
if (value?.[$struct] === layout || layout.isView(value)) copy(value, record);
else layout.assign(record, value);
} catch (error) {
if (next === tail && !end()) limit = next;
throw error;
}
next = (next + 1) | 0;
publish();
},
claimed: () => (next - tail) | 0,
abort,
};`,
  ) as BroadcastWriterPaths<S>;
}

/** Makes the methods of `BroadcastReader`. */
export function broadcastReaderPaths<S extends AnyStruct>(
  layout: S,
  context: BroadcastReaderContext<S>,
): BroadcastReaderPaths<S> {
  const names = { copy: recordCopier(layout), refuseLimit };
  return generate(
    layout,
    context,
    names,
    `return {
drain(fn, most = capacity) {
if (!(most >= 1)) refuseLimit(most);
if (((state.limit - state.next) | 0) < most && !look()) return 0;
let count = 0;
while (count + 1 <= most && state.next !== state.limit) {
const first = state.next;
let records = Math.min((state.limit - first) | 0, chunk, Math.floor(most - count));
for (let i = 0; i < records; i++) {
moveTo(record, ${recordAt(layout, "(first + i)")});
moveTo(copied, i * ${layout.byteLength});
copy(record, copied);
}
// Pairs with publish: where the first copy is whole, the others are.
if (((${loadText("words", TAIL)} - first) >>> 0) > reach) {
look();
continue;
}
for (let i = 0; i < records; i++) {
const position = (first + i + 1) | 0;
state.next = position;
count++;
moveTo(copied, i * ${layout.byteLength});
fn(copied);
if (state.next !== position) break; // the function received some itself
}
}
return count;
},
shift(into) {
if (state.next === state.limit && !look()) return false;
while (true) {
const next = state.next;
moveTo(record, ${recordAt(layout, "next")});
copy(record, into);
// Pairs with publish: behind this tail, nothing was claimed that lies in the record's place.
if (((${loadText("words", TAIL)} - next) >>> 0) <= reach) {
state.next = (next + 1) | 0;
return true;
}
look();
}
},
};`,
  ) as BroadcastReaderPaths<S>;
}

function generate(layout: AnyStruct, context: object, names: object, body: string): unknown {
  const code = new Source();
  const use = Object.entries({ moveTo: layout.moveTo, ...context, ...names, ...INLINE_NAMES })
    .map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  return code.evaluate(`(() => {\nconst ${use};\n${GEOMETRY}\n${body}\n})()`);
}
