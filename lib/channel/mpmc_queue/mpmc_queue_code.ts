/**
 * The hot paths of queues, one piece of code for each producer and consumer.
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { compareExchange, INLINE_NAMES, loadText, publishText } from "../../atomic/mod.ts";
import type { AnyStruct, ValueOf, ViewOf } from "../../layout/mod.ts";
import { Source } from "../../layout/source.ts";
import { ASLEEP } from "../../sync/event_count.ts";
import {
  CELL_COUNT_OFFSET,
  CELL_FIRST_OFFSET,
  FREED_EVENT_OFFSET,
  FULL,
  HEAD_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  SLOT_HEADER_BYTES,
  TAIL_OFFSET,
  VOID,
} from "./format.ts";
import type { QueueGeometry } from "./geometry.ts";

/** The most records that a producer may have claimed and not published. */
export const MOST_CLAIMS = 256;
/** The most records that a drain takes at once: so many a death there costs at most. */
export const MOST_TAKEN = 16;
/** A consumer looks at the tail for the high-water mark whenever it passes a multiple of this. */
const SAMPLE = 64;

/** What both sides need. */
interface Context<S extends AnyStruct> {
  readonly words: Int32Array;
  readonly geometry: QueueGeometry;
  /** Moves over the records. */
  readonly record: ViewOf<S>;
  /** The first word of the own cell. */
  readonly cell: number;
  /** Whether sleepers fence what this process publishes. */
  readonly isFenced: boolean;
  /** Wakes who sleeps on the other side. */
  readonly wake: () => void;
  /** Throws why nothing can be done. */
  readonly refuseUse: () => never;
  /** Called where a slot is not ready: whether a death was the reason, and is settled. */
  readonly look: (position: number) => boolean;
}

/** What a producer needs. */
export interface QueueProducerContext<S extends AnyStruct> extends Context<S> {
  /** Counts that there was no space. */
  readonly noteFull: () => void;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
  /** Throws why no more can be claimed. */
  readonly refuseClaim: (ahead: unknown) => never;
}

/** What a consumer needs. */
export interface QueueConsumerContext<S extends AnyStruct> extends Context<S> {
  /** How many records there are now that nobody took. */
  readonly lookLength: () => number;
}

/** A producer's methods, and what they keep. */
export interface QueueProducerPaths<S extends AnyStruct> {
  claim(ahead?: number): ViewOf<S> | undefined;
  publish(): void;
  push(value: ViewOf<S> | Partial<ValueOf<S>>): boolean;
  /** Sees to it that something is claimed that the next claim or push can have. */
  reserve(): boolean;
  /** How many were claimed and not published. */
  claimed(): number;
  /** Gives up all that was claimed. */
  abort(): void;
  /** From now on, all refuse. */
  close(): void;
}

/** A consumer's methods, and what they keep. */
export interface QueueConsumerPaths<S extends AnyStruct> {
  drain(fn: (record: ViewOf<S>) => void, limit?: number): number;
  shift(into: ViewOf<S>): boolean;
  /** Sees to it that at least one record is taken that the next drain or shift can have. */
  take(most: number): boolean;
  isDraining(): boolean;
  /** How many records were taken and not given back. */
  held(): number;
  /** Gives up all that was taken; from now on, all refuse. */
  close(): void;
}

/** Makes the methods of `MpmcProducer`. */
export function queueProducerPaths<S extends AnyStruct>(
  layout: S,
  context: QueueProducerContext<S>,
): QueueProducerPaths<S> {
  const produce = generate(layout, PRODUCE) as (context: QueueProducerContext<S>) => QueueProducerPaths<S>;
  return produce(context);
}

/** Makes the methods of `MpmcConsumer`. */
export function queueConsumerPaths<S extends AnyStruct>(
  layout: S,
  context: QueueConsumerContext<S>,
): QueueConsumerPaths<S> {
  const consume = generate(layout, CONSUME) as (context: QueueConsumerContext<S>) => QueueConsumerPaths<S>;
  return consume(context);
}

/** Says that so many records cannot be drained. */
export function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

const TAIL = TAIL_OFFSET / 4, HEAD = HEAD_OFFSET / 4;
const PUBLISHED = PUBLISHED_EVENT_OFFSET / 4, FREED = FREED_EVENT_OFFSET / 4;

/** Positions on all laps: those of a slot, and what its states count from. */
const slotAt = (position: string): string => `firstSlot + (${position} & slotMask) * slotWords`;
const lapOf = (position: string): string => `(${position} & lapMask)`;
const moveTo = (position: string): string => `moveTo(record, (${slotAt(position)}) * 4 + ${SLOT_HEADER_BYTES});`;
/** The state of a slot, counted from its lap. Pairs with the writes of setState and of QueueCells. */
const stateOf = (position: string): string => `((${loadText("words", slotAt(position))} - ${lapOf(position)}) | 0)`;
/** Only the owner of the position may do that. What it did to the record comes before; pairs with stateOf. */
const setState = (position: string, state: string | number): string =>
  publishText("words", slotAt(position), `(${lapOf(position)} + ${state}) | 0`);
/** Writes a word of the own cell: in order with what comes before and after. Pairs with QueueCells' #isNamed. */
const name = (index: string, value: string | number): string =>
  hasTotalStoreOrder()
    ? `words[${index}] = ${value};`
    : `if (words[${index}] !== undefined) { store(words, ${index}, ${value}); }`;
/** EventCount's look for sleepers. Pairs with its snapshot: setState and the fence of `snapshot` see to the order. */
const notify = (event: number): string => `if ((${loadText("words", event)} & ${ASLEEP}) !== 0) wake();`;

/** What both sides begin with. */
const COMMON = `const { capacity, slotMask } = geometry, lapMask = ~slotMask, slots = slotMask + 1;
const firstSlot = geometry.slotsOffset / 4, slotWords = geometry.slotBytes / 4;
const FIRST = cell + ${CELL_FIRST_OFFSET / 4}, COUNT = cell + ${CELL_COUNT_OFFSET / 4};
let isOpen = true;`;

/**
 * Code of its own for each producer and consumer: engines take what a function keeps for constants, such as the array, as long as
 * it was made once. Shared by two, an operation took two to three times as long in Bun.
 */
function generate(layout: AnyStruct, text: string): unknown {
  const code = new Source();
  const names = { layout, copy: layout.copy, moveTo: layout.moveTo, compareExchange, refuseLimit, ...INLINE_NAMES };
  const constants = Object.entries(names).map(([name, value]) => `${name} = ${code.constant(value)}`);
  return code.evaluate(`(() => {\nconst ${constants.join(", ")};\nreturn ${text};\n})()`);
}

/** The text of `queueProducerPaths`. */
const PRODUCE = `(
{ words, geometry, record, cell, isFenced, wake, refuseUse, look, noteFull, refusePublish, refuseClaim },
) => {
${COMMON}
// The positions from next to end are claimed and not yet handed out; those in mine are handed out and not published.
let next = 0, end = 0, claimed = 0;
const mine = new Int32Array(${MOST_CLAIMS});
// A position can be claimed once the one a capacity before it was given back: so there are never more records than that, and
// nobody has to look at the head, which the consumers write all the time. Of a power of two it is the same slot.
const isFree = (position) =>
${stateOf("position")} === 0 && (capacity === slots || ${stateOf("(position - capacity)")} === slots);
const reserve = (most) => {
if (next !== end) return true;
if (!isOpen) refuseUse();
let position = ${loadText("words", TAIL)};
if (position === undefined) refuseUse();
while (true) {
if (isFree(position)) {
let count = 1;
while (count < most && isFree((position + count) | 0)) count++;
const to = (position + count) | 0;
// Named before the tail passes. While nothing is claimed, the count is 0, or that of what this producer did not get.
if (claimed === 0) ${name("FIRST", "position")}
${name("COUNT", "(to - (claimed === 0 ? position : mine[0])) | 0")}
// Pairs with the looks at the tail: from here on the positions are this producer's.
const found = compareExchange(words, ${TAIL}, position, to);
if (found === position) {
next = position;
end = to;
return true;
}
position = found;
continue;
}
const now = ${loadText("words", TAIL)};
if (now !== position) position = now;
else if (!look(position)) {
unname();
return false;
}
}
};
// Names only what is handed out.
const unname = () => {
${name("COUNT", "claimed === 0 ? 0 : (mine[claimed - 1] + 1 - mine[0]) | 0")}
};
const refuse = () => {
noteFull();
return undefined;
};
const giveUpRest = () => {
for (; next !== end; next = (next + 1) | 0) {
${setState("next", VOID)}
}
};
const publish = () => {
if (claimed === 0 || words[${TAIL}] === undefined) refusePublish();
for (let i = 0; i < claimed; i++) {
const position = mine[i];
${setState("position", FULL)}
}
if (next !== end) giveUpRest();
claimed = 0;
${name("COUNT", 0)}
${notify(PUBLISHED)}
};
const abort = () => {
if (words[${TAIL}] === undefined) next = end, claimed = 0; // the segment was closed, which gives all up
for (let i = 0; i < claimed; i++) {
const position = mine[i];
${setState("position", VOID)}
}
giveUpRest();
claimed = 0;
${name("COUNT", 0)}
${notify(PUBLISHED)}
};
return {
claim(ahead) {
if (next === end) {
if (claimed === ${MOST_CLAIMS}) refuseClaim(1);
let most = 1;
if (ahead !== undefined) {
if (ahead >>> 0 !== ahead || ahead === 0 || ahead > ${MOST_CLAIMS}) refuseClaim(ahead);
most = Math.min(ahead, ${MOST_CLAIMS} - claimed);
}
if (!reserve(most)) return refuse();
}
${moveTo("next")}
mine[claimed++] = next;
next = (next + 1) | 0;
return record;
},
publish,
push(value) {
if (next === end) {
if (claimed === ${MOST_CLAIMS}) refuseClaim(1);
if (!reserve(1)) return refuse() !== undefined;
}
${moveTo("next")}
let isFilled = false;
try {
if (value?.[$struct] === layout || layout.isView(value)) copy(value, record);
else layout.assign(record, value);
isFilled = true;
} finally {
if (!isFilled) {
const position = next;
next = (next + 1) | 0;
${setState("position", VOID)}
if (next === end) unname();
${notify(PUBLISHED)}
}
}
mine[claimed++] = next;
next = (next + 1) | 0;
publish();
return true;
},
reserve: () => {
if (claimed === ${MOST_CLAIMS}) refuseClaim(1);
return reserve(1);
},
claimed: () => claimed,
abort,
close() {
abort();
isOpen = false;
},
};
}`;

/** The text of `queueConsumerPaths`. */
const CONSUME = `({ words, geometry, record, cell, isFenced, wake, refuseUse, look, lookLength }) => {
${COMMON}
// The positions from next to end are taken and not given back.
let next = 0, end = 0, isDraining = false;
const giveBack = (position) => {
if (words[${HEAD}] === undefined) refuseUse();
${setState("position", "slots")}
${notify(FREED)}
};
const take = (most) => {
if (next !== end) return true;
if (!isOpen) refuseUse();
let position = ${loadText("words", HEAD)};
if (position === undefined) refuseUse();
while (true) {
const state = ${stateOf("position")};
if (state === ${FULL} || state === ${VOID}) {
let count = 1;
if (state === ${FULL}) { while (count < most && ${stateOf("(position + count)")} === ${FULL}) count++; }
const to = (position + count) | 0;
// Named before the head passes. The count is 0, or names what this consumer did not get.
${name("FIRST", "position")}
${name("COUNT", "count")}
// Pairs with the looks at the head: from here on the positions are this consumer's.
const found = compareExchange(words, ${HEAD}, position, to);
if (found !== position) {
position = found;
} else if (state === ${VOID}) {
giveBack(position);
position = to;
} else {
next = position;
end = to;
if (((position ^ to) & ${-SAMPLE}) !== 0) lookLength();
return true;
}
continue;
}
const now = ${loadText("words", HEAD)};
if (now !== position) position = now;
else if (state !== 0 || !look(position)) {
${name("COUNT", 0)}
return false;
}
}
};
return {
drain(fn, most) {
if (isDraining) refuseUse();
if (most !== undefined && !(most >= 1)) refuseLimit(most);
// Without a limit, as many as there are now; with one, what comes meanwhile too.
let left = most === undefined ? lookLength() + ((end - next) | 0) : Math.min(Math.floor(most), capacity);
const wanted = left;
while (left > 0 && take(Math.min(left, ${MOST_TAKEN}))) {
isDraining = true;
try {
while (next !== end && left > 0) {
${moveTo("next")}
fn(record);
giveBack(next);
next = (next + 1) | 0;
left--;
}
} finally {
isDraining = false;
if (next === end) ${name("COUNT", 0)}
}
}
return wanted - left;
},
shift(into) {
if (isDraining) refuseUse();
if (!take(1)) return false;
${moveTo("next")}
copy(record, into);
giveBack(next);
next = (next + 1) | 0;
if (next === end) ${name("COUNT", 0)}
return true;
},
take(most) {
if (isDraining) refuseUse();
return take(most);
},
isDraining: () => isDraining,
held: () => (end - next) | 0,
close() {
if (words[${HEAD}] === undefined) next = end; // the segment was closed
for (; next !== end; next = (next + 1) | 0) giveBack(next);
${name("COUNT", 0)}
isOpen = false;
},
};
}`;
