/**
 * The hot paths of those channels whose records have one producer, `SpscRing` and `Pipeline`: one piece of code for each
 * layout; `latest_table_code.ts` says why.
 *
 * @module
 */
import { INLINE_NAMES, loadText, publishText } from "../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../layout/mod.ts";
import { Source } from "../layout/source.ts";
import { ASLEEP } from "../sync/event_count.ts";

/** Where the records lie. */
export interface RingPlace {
  /** Where the record of position 0 begins, in bytes. */
  readonly recordsOffset: number;
  /** How many slots there are, less one: a power of two. */
  readonly slotMask: number;
}

/** What a producer needs. */
export interface ProducerContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly place: RingPlace;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** Where to begin. Positions are signed: engines keep them as integers. */
  readonly start: number;
  /** The tail, which this producer alone writes. */
  readonly tailWord: number;
  /** The event count that tells of publishing. */
  readonly publishedWord: number;
  /** Whether sleepers fence what this process publishes. */
  readonly isFenced: boolean;
  /** Wakes a sleeping consumer. */
  readonly wake: () => void;
  /** Returns the position at which there is no space left; throws if nothing can be claimed any more. */
  readonly look: (next: number) => number;
  /** Counts that there was no space. */
  readonly noteFull: () => void;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
}

/** What a consumer needs. */
export interface ConsumerContext<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly place: RingPlace;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** Where to begin. */
  readonly start: number;
  /** The head, which this consumer alone writes. */
  readonly headWord: number;
  /** The event count that tells of space given back. */
  readonly freedWord: number;
  /** Whether sleepers fence what this process publishes. */
  readonly isFenced: boolean;
  /** Wakes a sleeping producer. */
  readonly wake: () => void;
  /** Returns the position up to which there are records; throws if nothing can be received any more. */
  readonly look: (head: number) => number;
  /** The same, in the middle of a drain: does not throw, and may return the position it was given. */
  readonly lookAgain: (position: number) => number;
  /** Throws why the consumer cannot be used. */
  readonly refuseUse: () => never;
}

/** A producer's methods, and what they keep. */
export interface ProducerPaths<S extends AnyStruct> {
  claim(): ViewOf<S> | undefined;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): boolean;
  /** Whether something can be claimed; looks if need be. */
  hasSpace(): boolean;
  /** The position to be claimed next. */
  next(): number;
  /** The position that was published up to. */
  tail(): number;
  /** Forgets what was claimed; the next claim looks. */
  abort(): void;
}

/** A consumer's methods, and what they keep. */
export interface ConsumerPaths<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  shift(into: ViewOf<S>): boolean;
  /** Whether something can be received; looks if need be. */
  hasRecords(): boolean;
  /** The position to be received next. */
  head(): number;
  isDraining(): boolean;
  /** Forgets what is known of the tail; the next receive looks. */
  forget(): void;
}

/** A layout's code, which a producer or a consumer becomes a part of with its context. */
interface Paths {
  readonly produce: (context: ProducerContext<AnyStruct>) => ProducerPaths<AnyStruct>;
  readonly consume: (context: ConsumerContext<AnyStruct>) => ConsumerPaths<AnyStruct>;
}

const pathsOf: WeakMap<AnyStruct, Paths> = new WeakMap();

/** Makes the methods of a producer. */
export function producerPaths<S extends AnyStruct>(layout: S, context: ProducerContext<S>): ProducerPaths<S> {
  const { produce } = pathsOf.get(layout) ?? generate(layout);
  return produce(context as ProducerContext<AnyStruct>) as ProducerPaths<S>;
}

/** Makes the methods of a consumer. */
export function consumerPaths<S extends AnyStruct>(layout: S, context: ConsumerContext<S>): ConsumerPaths<S> {
  const { consume } = pathsOf.get(layout) ?? generate(layout);
  return consume(context as unknown as ConsumerContext<AnyStruct>) as ConsumerPaths<S>;
}

/** Says that so many records cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

function generate(layout: AnyStruct): Paths {
  const code = new Source();
  const use = (names: Record<string, unknown>): string =>
    Object.entries(names).map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  /** Where the record of a position begins. */
  const recordAt = (position: string): string => `recordsOffset + (${position} & slotMask) * ${layout.byteLength}`;
  // EventCount's look for sleepers. Pairs with its snapshot: `publish` and the fence of `snapshot` see to the order.
  const notify = (event: string): string => `if ((${loadText("words", event)} & ${ASLEEP}) !== 0) wake();`;
  // The copy is a plain one on every processor: the record is owned by whoever copies.
  const made = code.evaluate(`(() => {
const ${use({ layout, copy: layout.copy, moveTo: layout.moveTo, refuseLimit, ...INLINE_NAMES })};

const produce = (context) => {
const { words, place: { recordsOffset, slotMask }, record, start, tailWord, publishedWord } = context;
const { isFenced, wake, look, noteFull, refusePublish } = context;
let next = start, tail = start, limit = start;
// Only this producer changes the word. The store pairs with the looks of the consumer.
const publish = () => {
if (next === tail || words[tailWord] === undefined) refusePublish();
tail = next;
${publishText("words", "tailWord", "next")}
${notify("publishedWord")}
};
const hasSpace = () => next !== limit || next !== (limit = look(next));
const refuse = () => {
noteFull();
return undefined;
};
return {
claim() {
if (next === limit && next === (limit = look(next))) return refuse();
moveTo(record, ${recordAt("next")});
next = (next + 1) | 0;
return record;
},
publish,
push(value) {
if (next === limit && next === (limit = look(next))) return refuse() !== undefined;
moveTo(record, ${recordAt("next")});
if (value?.[$struct] === layout || layout.isView(value)) copy(value, record);
else layout.assign(record, value);
next = (next + 1) | 0;
publish();
return true;
},
hasSpace,
next: () => next,
tail: () => tail,
abort() {
next = limit = tail;
},
};
};

const consume = (context) => {
const { words, place: { recordsOffset, slotMask }, record, start, headWord, freedWord } = context;
const { isFenced, wake, look, lookAgain, refuseUse } = context;
let head = start, limit = start, isDraining = false;
// Only this consumer changes the word. The store pairs with the looks of the producer.
const giveBack = (to) => {
if (words[headWord] === undefined) refuseUse();
head = to;
${publishText("words", "headWord", "to")}
${notify("freedWord")}
};
return {
drain(fn, most) {
if (most !== undefined && !(most >= 1)) refuseLimit(most);
if (most === undefined || head === limit) limit = look(head);
const from = head, tail = limit;
if (tail === from) return 0;
// Without a limit, what is known now; with one, what comes meanwhile too.
const last = most === undefined ? tail : (from + Math.min(most, slotMask + 1)) | 0;
let position = from, known = tail;
// All other methods now take their slow paths, which refuse.
limit = from;
isDraining = true;
try {
do {
const end = ((last - known) | 0) < 0 ? last : known;
while (position !== end) {
moveTo(record, ${recordAt("position")});
fn(record);
position = (position + 1) | 0;
}
if (end === last) break;
known = lookAgain(position);
} while (known !== position);
} finally {
isDraining = false;
limit = known;
if (position !== from) giveBack(position);
}
return (position - from) | 0;
},
shift(into) {
if (head === limit && head === (limit = look(head))) return false;
moveTo(record, ${recordAt("head")});
copy(record, into);
giveBack((head + 1) | 0);
return true;
},
hasRecords: () => head !== limit || head !== (limit = look(head)),
head: () => head,
isDraining: () => isDraining,
forget() {
limit = head;
},
};
};

return { produce, consume };
})()`) as Paths;
  pathsOf.set(layout, made);
  return made;
}
