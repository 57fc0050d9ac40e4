/**
 * The hot paths of broadcasts, one piece of code for each layout; `latest_table_code.ts` says why.
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { load, peek, store } from "../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../layout/mod.ts";
import { Source } from "../layout/source.ts";
import { recordCopier } from "../memory/mod.ts";
import type { EventCount } from "../sync/mod.ts";
import { BROADCAST_HEADER_BYTES, EPOCH_BITS, EPOCH_OFFSET, TAIL_OFFSET } from "./broadcast_descriptor.ts";
import type { BroadcastGeometry } from "./broadcast_geometry.ts";

/** What changes in a writer. Positions are the low halves, signed, so that engines keep them as integers. */
export interface BroadcastWriterState {
  /** The position to be claimed next. */
  next: number;
  /** The broadcast's tail, which this writer alone writes. */
  tail: number;
  /** The position at which no more may be claimed before a publish; `next` in a closed writer. */
  limit: number;
}

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
  readonly state: BroadcastWriterState;
  /** Notified after each publish. */
  readonly published: EventCount;
  /** Throws why nothing can be claimed. */
  readonly refuseClaim: () => never;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
}

/** What a reader needs. */
export interface BroadcastReaderContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: BroadcastGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** A record of the reader's own. */
  readonly copied: ViewOf<S>;
  readonly state: BroadcastReaderState;
  /** Looks for new records, and counts what was lost: false if there are none. */
  readonly look: () => boolean;
}

/** A writer's methods. */
export interface BroadcastWriterPaths<S extends AnyStruct> {
  claim(): ViewOf<S>;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): void;
}

/** A reader's methods. */
export interface BroadcastReaderPaths<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  shift(into: ViewOf<S>): boolean;
}

interface Paths {
  readonly write: (context: BroadcastWriterContext<AnyStruct>) => BroadcastWriterPaths<AnyStruct>;
  readonly read: (context: BroadcastReaderContext<AnyStruct>) => BroadcastReaderPaths<AnyStruct>;
}

const pathsOf: WeakMap<AnyStruct, Paths> = new WeakMap();

/** Makes the methods of `BroadcastWriter`. */
export function broadcastWriterPaths<S extends AnyStruct>(
  layout: S,
  context: BroadcastWriterContext<S>,
): BroadcastWriterPaths<S> {
  const { write } = pathsOf.get(layout) ?? generate(layout);
  return write(context as BroadcastWriterContext<AnyStruct>) as BroadcastWriterPaths<S>;
}

/** Makes the methods of `BroadcastReader`. */
export function broadcastReaderPaths<S extends AnyStruct>(
  layout: S,
  context: BroadcastReaderContext<S>,
): BroadcastReaderPaths<S> {
  const { read } = pathsOf.get(layout) ?? generate(layout);
  return read(context as BroadcastReaderContext<AnyStruct>) as BroadcastReaderPaths<S>;
}

/** Says that so many records cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

const TAIL = TAIL_OFFSET / 4, EPOCH = EPOCH_OFFSET / 4;

/** Stores the epoch that the next tail begins; not again if the writer before did, and died. */
function beginEpoch(words: Int32Array, next: number): void {
  const epoch = peek(words, EPOCH); // written by the writer alone
  if ((epoch & 3) !== next >>> EPOCH_BITS) store(words, EPOCH, epoch + 1); // pairs with totalOf
}

/** As in `latest_table_code.ts`: after it, no store into a claimed record is seen before the last tail. */
const lookAtOwn = hasTotalStoreOrder() ? peek : load;

const recordAt = (position: string): string => `${BROADCAST_HEADER_BYTES} + (${position} & slotMask) * recordBytes`;

const GEOMETRY = "const { capacity, slotMask, batch, reach, recordBytes } = geometry;";

function generate(layout: AnyStruct): Paths {
  const code = new Source();
  const use = (names: Record<string, unknown>): string =>
    Object.entries(names).map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  const made = code.evaluate(`(() => {
const ${
    use({
      layout,
      copyIn: layout.copy,
      copyOut: recordCopier(layout),
      moveTo: layout.moveTo,
      load,
      lookAtOwn,
      peek,
      store,
      beginEpoch,
      refuseLimit,
    })
  };

const write = ({ words, geometry, record, state, published, refuseClaim, refusePublish }) => {
${GEOMETRY}
// Only this writer changes the word. The store pairs with the looks of the readers.
const publish = () => {
const next = state.next, tail = state.tail;
if (next === tail || peek(words, ${TAIL}) === undefined) refusePublish();
if ((next ^ tail) >>> ${EPOCH_BITS} !== 0) beginEpoch(words, next);
state.tail = next;
state.limit = (next + batch) | 0;
store(words, ${TAIL}, next);
published.notifyAll();
};
return {
claim() {
const next = state.next;
if (next === state.limit || lookAtOwn(words, ${TAIL}) === undefined) refuseClaim();
moveTo(record, ${recordAt("next")});
state.next = (next + 1) | 0;
return record;
},
publish,
push(value) {
const next = state.next;
if (next === state.limit || lookAtOwn(words, ${TAIL}) === undefined) refuseClaim();
moveTo(record, ${recordAt("next")});
if (value?.[$struct] === layout || layout.isView(value)) copyIn(value, record);
else layout.assign(record, value);
state.next = (next + 1) | 0;
publish();
},
};
};

const read = ({ words, geometry, record, copied, state, look }) => {
${GEOMETRY}
// Copies the next record; false if it was overwritten meanwhile. Pairs with publish: the tail, looked at after the
// copy, is one behind which nothing was claimed that lies in the record's place.
const copyNext = (into) => {
const next = state.next;
moveTo(record, ${recordAt("next")});
copyOut(record, into);
if (((load(words, ${TAIL}) - next) >>> 0) > reach) return false;
state.next = (next + 1) | 0;
return true;
};
return {
drain(fn, limit = capacity) {
if (!(limit >= 1)) refuseLimit(limit);
if (((state.limit - state.next) | 0) < limit && !look()) return 0;
let count = 0;
while (count + 1 <= limit && state.next !== state.limit) {
if (copyNext(copied)) {
count++;
fn(copied);
} else look();
}
return count;
},
shift(into) {
if (state.next === state.limit && !look()) return false;
while (!copyNext(into)) look();
return true;
},
};
};

return { write, read };
})()`) as Paths;
  pathsOf.set(layout, made);
  return made;
}
