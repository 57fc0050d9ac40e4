/**
 * The hot paths of rings, one piece of code for each layout; `latest_table_code.ts` says why.
 *
 * @module
 */
import { load, peek, store } from "../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../layout/mod.ts";
import { Source } from "../layout/source.ts";
import type { EventCount } from "../sync/mod.ts";
import { HEAD_OFFSET, RING_HEADER_BYTES, TAIL_OFFSET } from "./spsc_ring_descriptor.ts";
import type { RingGeometry } from "./spsc_ring_geometry.ts";

/** What changes in a producer. Positions are signed, so that engines keep them as integers. */
export interface ProducerState {
  /** The position to be claimed next. */
  next: number;
  /** The position that was published up to: the ring's tail, which this producer alone writes. */
  tail: number;
  /** The position at which there is no space left, as far as is known; `next` in a closed producer. */
  limit: number;
}

/** What changes in a consumer. */
export interface ConsumerState {
  /** The position to be received next: the ring's head, which this consumer alone writes. */
  head: number;
  /** The position up to which there are records, as far as is known; `head` in a closed consumer or a running drain. */
  limit: number;
  isDraining: boolean;
}

/** What a producer needs. */
export interface ProducerContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: RingGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  readonly state: ProducerState;
  /** Notified after each publish. */
  readonly published: EventCount;
  /** Looks for space that was given back: false if there is none. */
  readonly look: () => boolean;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
}

/** What a consumer needs. */
export interface ConsumerContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: RingGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  readonly state: ConsumerState;
  /** Notified each time space is given back. */
  readonly freed: EventCount;
  /** Looks for new records: false if there are none. */
  readonly look: () => boolean;
  /** Throws why the consumer cannot be used. */
  readonly refuseUse: () => never;
}

/** A producer's methods. */
export interface ProducerPaths<S extends AnyStruct> {
  claim(): ViewOf<S> | undefined;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): boolean;
}

/** A consumer's methods. */
export interface ConsumerPaths<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  shift(into: ViewOf<S>): boolean;
}

/** A layout's code, which a producer or a consumer becomes a part of with its context. */
interface Paths {
  readonly produce: (context: ProducerContext<AnyStruct>) => ProducerPaths<AnyStruct>;
  readonly consume: (context: ConsumerContext<AnyStruct>) => ConsumerPaths<AnyStruct>;
}

const pathsOf: WeakMap<AnyStruct, Paths> = new WeakMap();

/** Makes the methods of `SpscProducer`. */
export function producerPaths<S extends AnyStruct>(layout: S, context: ProducerContext<S>): ProducerPaths<S> {
  const { produce } = pathsOf.get(layout) ?? generate(layout);
  return produce(context as ProducerContext<AnyStruct>) as ProducerPaths<S>;
}

/** Makes the methods of `SpscConsumer`. */
export function consumerPaths<S extends AnyStruct>(layout: S, context: ConsumerContext<S>): ConsumerPaths<S> {
  const { consume } = pathsOf.get(layout) ?? generate(layout);
  return consume(context as unknown as ConsumerContext<AnyStruct>) as ConsumerPaths<S>;
}

/** Says that so many records cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

const HEAD = HEAD_OFFSET / 4, TAIL = TAIL_OFFSET / 4;

/** Where the record of a position begins. */
const recordAt = (position: string): string => `${RING_HEADER_BYTES} + (${position} & mask) * recordBytes`;

const GEOMETRY = "const { recordBytes, capacity } = geometry, mask = capacity - 1;";

function generate(layout: AnyStruct): Paths {
  const code = new Source();
  const use = (names: Record<string, unknown>): string =>
    Object.entries(names).map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  // The copy is a plain one on every processor: the record is owned by whoever copies.
  const made = code.evaluate(`(() => {
const ${use({ layout, copy: layout.copy, moveTo: layout.moveTo, load, peek, store, refuseLimit })};

const produce = ({ words, geometry, record, state, published, look, refusePublish }) => {
${GEOMETRY}
// Only this producer changes the word. The store pairs with the looks of the consumer.
const publish = () => {
const next = state.next;
if (next === state.tail || peek(words, ${TAIL}) === undefined) refusePublish();
state.tail = next;
store(words, ${TAIL}, next);
published.notifyAll();
};
return {
claim() {
const next = state.next;
if (next === state.limit && !look()) return undefined;
moveTo(record, ${recordAt("next")});
state.next = (next + 1) | 0;
return record;
},
publish,
push(value) {
const next = state.next;
if (next === state.limit && !look()) return false;
moveTo(record, ${recordAt("next")});
if (value?.[$struct] === layout || layout.isView(value)) copy(value, record);
else layout.assign(record, value);
state.next = (next + 1) | 0;
publish();
return true;
},
};
};

const consume = ({ words, geometry, record, state, freed, look, refuseUse }) => {
${GEOMETRY}
// Only this consumer changes the word. The store pairs with the looks of the producer.
const giveBack = (head) => {
if (peek(words, ${HEAD}) === undefined) refuseUse();
state.head = head;
store(words, ${HEAD}, head);
freed.notifyAll();
};
return {
drain(fn, limit = Infinity) {
if (!(limit >= 1)) refuseLimit(limit);
const head = state.head;
if (((state.limit - head) | 0) < limit && !look()) return 0;
const tail = state.limit;
let count = (tail - head) | 0;
if (limit < count) count = limit | 0;
const end = (head + count) | 0;
let position = head;
// All other methods now take their slow paths, which refuse.
state.limit = head;
state.isDraining = true;
try {
do {
moveTo(record, ${recordAt("position")});
fn(record);
position = (position + 1) | 0;
} while (position !== end);
} finally {
state.isDraining = false;
state.limit = tail;
if (position !== head) giveBack(position);
}
return count;
},
shift(into) {
const head = state.head;
if (head === state.limit && !look()) return false;
moveTo(record, ${recordAt("head")});
copy(record, into);
giveBack((head + 1) | 0);
return true;
},
};
};

return { produce, consume };
})()`) as Paths;
  pathsOf.set(layout, made);
  return made;
}
