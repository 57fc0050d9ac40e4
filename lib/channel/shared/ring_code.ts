/**
 * The hot paths of those channels whose records have one producer, `SpscRing` and `Pipeline`: a piece of code for each
 * producer and each consumer, with its places as constants. Closures of one piece share what the engine learns, and
 * twice made, their variables are none of its constants any more: that took Bun twice as long.
 *
 * @module
 */
import { INLINE_NAMES, loadText, pause, publishText } from "../../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { Source } from "../../layout/source.ts";
import { ASLEEP } from "../../sync/event_count.ts";

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
  /** Where the position up to which there are records stands, if in a word. */
  readonly tailWord?: number;
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

/** Pauses of the processor that a consumer rests at most between two looks. */
const LONGEST_REST = 32;
/** Records found by a look that are worth one; a quarter of a small ring. */
const WORTH = 64;

/** Makes the methods of a producer. */
export function producerPaths<S extends AnyStruct>(layout: S, context: ProducerContext<S>): ProducerPaths<S> {
  const { words, place, record, start, tailWord, publishedWord, isFenced, wake, look, noteFull, refusePublish } =
    context;
  const code = new Source();
  const given = use(code, { layout, words, record, wake, look, noteFull, refusePublish });
  return code.evaluate(`(() => {
const ${given}, isFenced = ${isFenced};
let next = ${start}, tail = ${start}, limit = ${start};
// Only this producer changes the word. The store pairs with the looks of the consumer.
const publish = () => {
if (next === tail || words[${tailWord}] === undefined) refusePublish();
tail = next;
${publishText("words", tailWord, "next")}
${notify(publishedWord)}
};
const hasSpace = () => next !== limit || next !== (limit = look(next));
const refuse = () => {
noteFull();
return undefined;
};
return {
claim() {
if (next === limit && next === (limit = look(next))) return refuse();
${moveTo(layout, place, "next")}
next = (next + 1) | 0;
return record;
},
publish,
push(value) {
if (next === limit && next === (limit = look(next))) return refuse() !== undefined;
${moveTo(layout, place, "next")}
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
})()`) as ProducerPaths<S>;
}

/** Makes the methods of a consumer. */
export function consumerPaths<S extends AnyStruct>(layout: S, context: ConsumerContext<S>): ConsumerPaths<S> {
  const { words, place, record, start, headWord, freedWord, tailWord, isFenced, wake, look, lookAgain, refuseUse } =
    context;
  const code = new Source();
  const worth = Math.min(WORTH, (place.slotMask + 1) >> 2);
  const empty = tailWord === undefined
    ? ""
    : `if (head === limit && ${loadText("words", tailWord)} === head) return 0;`;
  const given = use(code, { layout, words, record, wake, look, lookAgain, refuseUse, refuseLimit, pause });
  return code.evaluate(`(() => {
const ${given}, isFenced = ${isFenced};
let head = ${start}, limit = ${start}, isDraining = false, rest = 0;
// Only this consumer changes the word. The store pairs with the looks of the producer.
const giveBack = (to) => {
if (words[${headWord}] === undefined) refuseUse();
head = to;
${publishText("words", headWord, "to")}
${notify(freedWord)}
};
// Each look takes the cache line of the tail from the producer. Who finds little time and again rests before the next.
const gather = (found) => {
for (let i = 0; i < rest; i++) pause();
rest = found < ${worth} ? Math.min(rest * 2 || 1, ${LONGEST_REST}) : rest >> 1;
};
return {
drain(fn, most) {
if (most !== undefined && !(most >= 1)) refuseLimit(most);
${empty}
if (most === undefined || head === limit) limit = look(head);
const from = head, tail = limit;
if (tail === from) return 0;
// Without a limit, what is known now; with one, what comes meanwhile too.
const last = most === undefined ? tail : (from + Math.min(most, ${place.slotMask + 1})) | 0;
let position = from, known = tail;
// All other methods now take their slow paths, which refuse.
limit = from;
isDraining = true;
try {
for (let first = from;; first = position) {
const end = ((last - known) | 0) < 0 ? last : known;
while (position !== end) {
${moveTo(layout, place, "position")}
fn(record);
position = (position + 1) | 0;
}
if (end === last) break;
gather((position - first) | 0);
known = lookAgain(position);
if (known === position) {
rest = 0;
break;
}
}
} finally {
isDraining = false;
limit = known;
if (position !== from) giveBack(position);
}
return (position - from) | 0;
},
shift(into) {
if (head === limit && head === (limit = look(head))) return false;
${moveTo(layout, place, "head")}
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
})()`) as ConsumerPaths<S>;
}

/** Declarations of what a piece of code uses. The copy is a plain one everywhere: who copies owns the record. */
function use(code: Source, names: Record<string, unknown> & { readonly layout: AnyStruct }): string {
  const { copy, moveTo } = names.layout;
  return Object.entries({ copy, moveTo, ...names, ...INLINE_NAMES })
    .map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
}

/** Moves the view to the record of a position. */
function moveTo(layout: AnyStruct, { recordsOffset, slotMask }: RingPlace, position: string): string {
  return `moveTo(record, ${recordsOffset} + (${position} & ${slotMask}) * ${layout.byteLength});`;
}

/** EventCount's look for sleepers. Pairs with its snapshot: `publish` and the fence of `snapshot` see to the order. */
function notify(event: number): string {
  return `if ((${loadText("words", event)} & ${ASLEEP}) !== 0) wake();`;
}

/** Says that so many records cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}
