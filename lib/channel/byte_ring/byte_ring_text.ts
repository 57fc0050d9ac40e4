/**
 * The source text of the hot paths of byte rings: what `byte_ring_code.ts` makes functions of.
 *
 * @module
 */
import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { compareExchange, INLINE_NAMES, loadText, publishText } from "../../atomic/mod.ts";
import { ASLEEP } from "../../sync/event_count.ts";
import {
  CLAIM_LOCK_OFFSET,
  CLAIMED,
  CLAIMER_WORD,
  FREED_EVENT_OFFSET,
  HEAD_OFFSET,
  LENGTH_BITS,
  PRODUCER_HIGH_WATER_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  RECORD_ALIGNMENT,
  REFUSALS_OFFSET,
  SEEN_HEAD_OFFSET,
  SKIP,
  STATE_WORD,
  TAIL_OFFSET,
  TYPE_WORD,
} from "./format.ts";

/** Says that so many messages cannot be drained. */
function refuseLimit(limit: unknown): never {
  throw new RangeError(`Cannot drain a channel as limit must be 1 or more: received ${String(limit)}`);
}

/** A list of claims that is full, with space for more. */
function grow(claims: Int32Array): Int32Array {
  const grown = new Int32Array(claims.length * 2);
  grown.set(claims);
  return grown;
}

/** What the text refers to, by name. */
export const BYTE_RING_NAMES: Readonly<Record<string, unknown>> = {
  compareExchange,
  grow,
  refuseLimit,
  ...INLINE_NAMES,
};

/** Up to here a loop over bytes is faster than the engine's copy. */
const SHORT_BYTES = 48;

const TAIL = TAIL_OFFSET / 4, HEAD = HEAD_OFFSET / 4, LOCK = CLAIM_LOCK_OFFSET / 4, SEEN_HEAD = SEEN_HEAD_OFFSET / 4;
const REFUSALS = REFUSALS_OFFSET / 8, HIGH_WATER = PRODUCER_HIGH_WATER_OFFSET / 4;
const PUBLISHED = PUBLISHED_EVENT_OFFSET / 4, FREED = FREED_EVENT_OFFSET / 4;
/** Of a whole number of bytes, the next multiple of the alignment. */
const aligned = (bytes: string): string => `((${bytes} + ${RECORD_ALIGNMENT - 1}) & ${-RECORD_ALIGNMENT})`;
/** `release` of a word. */
const releaseText = (words: string, index: string | number, value: string): string =>
  hasTotalStoreOrder() ? `${words}[${index}] = ${value};` : `store(${words}, ${index}, ${value});`;
// EventCount's look for sleepers. Pairs with its snapshot: what comes before and the fence of `snapshot` see to the order.
const notifyText = (event: number): string => `if ((${loadText("words", event)} & ${ASLEEP}) !== 0) wake();`;

/** What both kinds of producers do first: `need` bytes, of which the first `rest` are to be skipped where `size` is more. */
const MEASURE = `
const size = ${aligned("byteLength + headerBytes")}, index = next & mask, rest = mask + 1 - index;
const need = size > rest ? rest + size : size;`;

const CHECK = `
if (byteLength >>> 0 !== byteLength || byteLength > maxByteLength || type >>> 0 !== type) refuseMessage(byteLength, type);
if (!isOpen || data[0] === undefined) requireUse();`;

/** The one producer: nobody sees what is behind the tail. */
const PRODUCE_ONE = `
let next = tail, limit = tail, count = 0;
const attempt = (byteLength, type, isCounted) => {
${CHECK}
${MEASURE}
if (((limit - next) | 0) < need) {
limit = (${loadText("words", HEAD)} + mask + 1) | 0; // pairs with giveBack
if (((limit - next) | 0) < need) {
if (isCounted) {
counts[${REFUSALS}]++;
const used = (tail + mask + 1 - limit) | 0;
if (used > words[${HIGH_WATER}]) words[${HIGH_WATER}] = used;
}
return 0;
}
}
let at = index;
if (size > rest) {
data[(index >> 2) + ${STATE_WORD}] = ${SKIP} | rest;
at = 0;
}
data[(at >> 2) + ${STATE_WORD}] = byteLength;
data[(at >> 2) + ${TYPE_WORD}] = type;
next = (next + need) | 0;
count++;
return at + headerBytes;
};
// Only this producer changes the word. The store pairs with the looks of the consumer.
const publish = () => {
if (count === 0 || words[${TAIL}] === undefined) refusePublish();
tail = next;
count = 0;
${publishText("words", TAIL, "next")}
${notifyText(PUBLISHED)}
};
const abort = () => {
next = tail;
count = 0;
};
const unseenBytes = () => (next - tail) | 0;`;

/** One of many: each record is published by its own first word. The steps of a claim are those of the descriptor. */
const PRODUCE_MANY = `
let claims = new Int32Array(16), count = 0;
const attempt = (byteLength, type, isCounted) => {
${CHECK}
if (count === claims.length) claims = grow(claims);
// Who waits for space looks first, and leaves the lock to those that found some.
if (!isCounted) {
const tail = ${loadText("words", TAIL)}, head = ${loadText("words", HEAD)};
if (((mask + 1 - tail + head) | 0) < byteLength + headerBytes) return 0;
}
// Pairs with the release of the lock: this one sees what the last holder wrote. Up to there nothing may throw.
if (compareExchange(words, ${LOCK}, 0, id) !== 0 && !enter()) return 0;
const next = ${loadText("words", TAIL)};
${MEASURE}
if (((mask + 1 - next + words[${SEEN_HEAD}]) | 0) < need) {
const head = ${loadText("words", HEAD)}; // pairs with giveBack
words[${SEEN_HEAD}] = head;
if (((mask + 1 - next + head) | 0) < need) {
if (isCounted) {
counts[${REFUSALS}]++;
const used = (next - head) | 0;
if (used > words[${HIGH_WATER}]) words[${HIGH_WATER}] = used;
}
${releaseText("words", LOCK, "0")}
return 0;
}
}
let at = index;
if (size > rest) {
data[(index >> 2) + ${STATE_WORD}] = ${SKIP} | rest;
at = 0;
}
const word = at >> 2;
data[word + ${STATE_WORD}] = ${CLAIMED} | byteLength;
data[word + ${TYPE_WORD}] = type;
data[word + ${CLAIMER_WORD}] = id;
${releaseText("words", TAIL, "(next + need) | 0")} // pairs with the looks of the consumer
${releaseText("words", LOCK, "0")} // pairs with the exchange above
claims[count++] = word;
return at + headerBytes;
};
// Only the claimer changes the words. The stores pair with the looks of the consumer.
const publish = () => {
if (count === 0 || data[0] === undefined) refusePublish();
for (let i = 0; i < count; i++) {
const word = claims[i];
${publishText("data", `word + ${STATE_WORD}`, `data[word + ${STATE_WORD}] & ${LENGTH_BITS}`)}
}
count = 0;
${notifyText(PUBLISHED)}
};
// What others published behind it can be received from now on.
const abort = () => {
if (count === 0 || data[0] === undefined) return;
for (let i = 0; i < count; i++) {
const word = claims[i], size = ${aligned(`(data[word + ${STATE_WORD}] & ${LENGTH_BITS}) + headerBytes`)};
${publishText("data", `word + ${STATE_WORD}`, `${SKIP} | size`)}
}
count = 0;
${notifyText(PUBLISHED)}
};
const unseenBytes = () => 0;`;

/** The text of `produce`, a function of a `ByteProducerContext`. */
export const produceText = (isShared: boolean): string => `
const produce = (context) => {
const { words, counts, data, bytes, id, isFenced, wake, enter } = context;
const { requireUse, refuseMessage, refusePublish, bytesOf, geometry: { capacity, headerBytes, maxByteLength } } = context;
const mask = capacity - 1;
let { tail } = context, isOpen = true;
${isShared ? PRODUCE_MANY : PRODUCE_ONE}
return {
attempt: (byteLength, type) => attempt(byteLength, type, false),
claim(byteLength, type = 0) {
const at = attempt(byteLength, type, true);
return at === 0 ? undefined : at;
},
publish,
push(message, type = 0) {
const from = bytesOf(message), length = from.length, at = attempt(length, type, true);
if (at === 0) return false;
if (length > ${SHORT_BYTES}) bytes.set(from, at);
else for (let i = 0; i < length; i++) bytes[at + i] = from[i];
publish();
return true;
},
claimed: () => count,
unseenBytes,
abort,
close() {
isOpen = false;
},
};
};`;

/** The word of a record: where many produce, it tells by itself whether it is published. */
const wordText = (isShared: boolean): string =>
  isShared ? loadText("data", `at + ${STATE_WORD}`) : `data[at + ${STATE_WORD}]`;

/** The text of `consume`, a function of a `ByteConsumerContext`. */
export const consumeText = (isShared: boolean): string => `
const consume = (context) => {
const { words, data, bytes, head: start, isFenced, wake, look, isDead, noteSkipped, refuseUse, refuseRecord } = context;
const { capacity, headerBytes } = context.geometry, mask = capacity - 1;
let head = start, limit = start, isDraining = false, skipped = 0;
// Only this consumer changes the word. The store pairs with the looks of the producers.
const giveBack = (to) => {
if (words[${HEAD}] === undefined) refuseUse();
if (skipped !== 0) {
noteSkipped(skipped);
skipped = 0;
}
head = to;
${publishText("words", HEAD, "to")}
${notifyText(FREED)}
};
/** The bytes of a record that is not published, if it never will be; −1 if it may be, and −2 if it changed meanwhile. */
const sizeToSkip = (word, at, position, isWaiting) => {
${
  isShared
    ? `
if (word >= 0) {
if (!isDead(position, data[at + ${CLAIMER_WORD}], isWaiting)) return -1;
// Looks again: it may have been published before the claimer died.
if (${wordText(true)} !== word) return -2; // pairs with publish and abort
skipped++;
return ${aligned(`(word & ${LENGTH_BITS}) + headerBytes`)};
}`
    : `
if (word >= 0) refuseRecord(position, word);`
}
return word & ${LENGTH_BITS};
};
/** Gives back what there is to skip, and returns whether there is a message at the head. */
const settle = (isWaiting) => {
while (true) {
if (head === limit && head === (limit = look(head))) return false;
const at = (head & mask) >> 2, word = ${wordText(isShared)}; // pairs with publish
if ((word & ${~LENGTH_BITS}) === 0) return true;
const size = sizeToSkip(word, at, head, isWaiting);
if (size === -1) return false;
if (size === -2) continue;
if (((size - 1) >>> 0) >= ((limit - head) >>> 0)) refuseRecord(head, word);
giveBack((head + size) | 0);
}
};
return {
drain(fn, most) {
if (most !== undefined && !(most >= 1)) refuseLimit(most);
if (most === undefined || head === limit) limit = look(head);
const from = head, last = most === undefined || most > 0x7fffffff ? 0x7fffffff : most | 0;
if (from === limit) return 0;
let position = from, known = limit, count = 0;
// All other methods now take their slow paths, which refuse.
limit = from;
isDraining = true;
try {
while (count !== last) {
if (position === known) {
// Without a limit, what was known at first; with one, what comes meanwhile too.
if (most === undefined) break;
known = ${loadText("words", TAIL)} ?? position; // pairs with publish
if (position === known) break;
}
const index = position & mask, at = index >> 2, word = ${wordText(isShared)}; // pairs with publish
if ((word & ${~LENGTH_BITS}) === 0) {
const size = ${aligned("word + headerBytes")};
if (((size - 1) >>> 0) >= ((known - position) >>> 0)) refuseRecord(position, word);
fn(data[at + ${TYPE_WORD}] >>> 0, index + headerBytes, word);
position = (position + size) | 0;
count++;
} else {
const size = sizeToSkip(word, at, position, false);
if (size === -1) break;
if (size === -2) continue;
if (((size - 1) >>> 0) >= ((known - position) >>> 0)) refuseRecord(position, word);
position = (position + size) | 0;
}
}
} finally {
isDraining = false;
limit = known;
if (position !== from) giveBack(position);
}
return count;
},
shift() {
if (!settle(false)) return undefined;
const index = head & mask, at = index >> 2, word = data[at + ${STATE_WORD}], size = ${aligned("word + headerBytes")};
if (((size - 1) >>> 0) >= ((limit - head) >>> 0)) refuseRecord(head, word);
const first = index + headerBytes;
const message = { type: data[at + ${TYPE_WORD}] >>> 0, bytes: bytes.slice(first, first + word) };
giveBack((head + size) | 0);
return message;
},
hasMessages: () => settle(true),
head: () => head,
isDraining: () => isDraining,
forget() {
limit = head;
},
};
};`;
