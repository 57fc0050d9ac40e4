/**
 * What the explored code calls in place of `Atomics`, of the kernel and of the clock. Each function in `STEPS` is one
 * step; the rewritten code hands it a last argument, evaluated right before the call, which lets another actor go
 * first.
 *
 * Long, as the steps are short, alike, and one list.
 *
 * @module
 */
import type { Operation } from "./linearizability.ts";
import { buffer, world } from "./world.ts";

/** A typed array of the explored code. */
type Words = Int32Array<ArrayBufferLike> | Uint32Array<ArrayBufferLike>;

/** Index of a word in the whole shared memory. */
function wordOf(words: Words, index: number): number {
  return (words.byteOffset >> 2) + index;
}

/** What a word is as an element of its array. */
function elementOf(words: Words, value: number): number {
  return words instanceof Int32Array ? value : value >>> 0;
}

/**
 * Whether an access is one to the array itself: before and after the actors, and to an array that nobody shares. That
 * is a step all the same, as the rewritten code has made room for one.
 */
function isDirect(words: Words): boolean {
  return world.current === undefined || words.buffer !== buffer;
}

/** Ends a step that was an access to the array itself. */
function direct(value: number, what: string): number {
  world.enter();
  return world.saw(value, what, -1);
}

/** As `load` of `lib/atomic/atomics.ts`; so are the next ones. */
export function load(words: Words, index: number): number {
  if (isDirect(words)) return direct(words[index], "loads");
  const word = wordOf(words, index), value = world.memory.load(world.enter(), word);
  return elementOf(words, world.saw(value, "loads", word));
}

/** A plain load. */
export function peek(words: Words, index: number): number {
  if (isDirect(words)) return direct(words[index], "peeks");
  const word = wordOf(words, index), value = world.memory.peek(world.enter(), word);
  return elementOf(words, world.saw(value, "peeks at", word));
}

/** An atomic store that is a fence. */
export function store(words: Words, index: number, value: number): void {
  if (isDirect(words)) return void direct(words[index] = value, "stores");
  const word = wordOf(words, index);
  world.memory.store(world.enter(), word, value | 0);
  world.saw(value | 0, "stores", word);
}

/** An atomic store that is no fence. */
export function release(words: Words, index: number, value: number): void {
  if (isDirect(words)) return void direct(words[index] = value, "releases");
  const word = wordOf(words, index);
  world.memory.release(world.enter(), word, value | 0);
  world.saw(value | 0, "releases", word);
}

/** Adds. */
export function add(words: Words, index: number, value: number): number {
  return replace(words, index, "adds to", (old) => old + value);
}

/** Sets bits. */
export function or(words: Words, index: number, bits: number): number {
  return replace(words, index, "sets bits of", (old) => old | bits);
}

/** Clears bits. */
export function and(words: Words, index: number, mask: number): number {
  return replace(words, index, "clears bits of", (old) => old & mask);
}

/** Replaces. */
export function exchange(words: Words, index: number, value: number): number {
  return replace(words, index, "exchanges", () => value);
}

/** Replaces what was expected. */
export function compareExchange(words: Words, index: number, expected: number, value: number): number {
  return replace(words, index, "compares and exchanges", () => value, expected | 0);
}

/** As `Memory.update`. */
function replace(
  words: Words,
  index: number,
  what: string,
  next: (old: number) => number,
  expected?: number,
): number {
  if (isDirect(words)) {
    const old = words[index];
    if ((old | 0) === (expected ?? (old | 0))) words[index] = next(old | 0);
    return direct(old, what);
  }
  const word = wordOf(words, index), old = world.memory.update(world.enter(), word, next, expected);
  return elementOf(words, world.saw(old, what, word));
}

/** Fences all actors, as membarrier(2) does. */
export function fenceAll(): void {
  if (world.current === undefined) return;
  world.memory.fenceAll(world.enter());
  world.saw(0, "fences all", -1);
}

/** Loads a word and falls asleep. Followed by `endWait` if it did. */
export function beginWait(words: Int32Array, index: number, expected: number, deadline: number): boolean {
  if (world.current === undefined) {
    if (words[index] !== expected) return false;
    throw new Error("Cannot sleep as no actor runs: somebody would wait for ever");
  }
  return world.beginWait(wordOf(words, index), expected | 0, deadline);
}

/** Woken, or out of time. */
export function endWait(words: Int32Array, index: number): boolean {
  return world.endSleep(wordOf(words, index));
}

/** Wakes sleepers. */
export function wake(words: Int32Array, index: number, count: number): number {
  if (world.current === undefined) return 0;
  return world.wake(wordOf(words, index), count);
}

/** Falls asleep for a while. Followed by `endPause`. */
export function beginPause(ms: number): void {
  world.beginPause(ms);
}

/** The while is over. */
export function endPause(): void {
  world.endSleep(-1);
}

/** Whether a party lives. */
export function isAlive(id: number): boolean {
  return world.isAlive(id);
}

/**
 * A call of the kernel, as one step.
 *
 * @param what What it does, in traces.
 * @param call Makes it.
 * @returns What it returned.
 */
export function kernelCall(what: string, call: () => number): number {
  const actor = world.enter();
  if (world.current !== undefined) world.memory.fence(actor);
  return world.saw(call(), what, -1);
}

/**
 * Fills bytes up to the first one that differs, and that one. What is the same already is no step of its own: to write
 * it again changes nothing.
 *
 * @returns Where to go on.
 */
export function fillNext(array: Uint8Array<ArrayBufferLike>, from: number, to: number, value: number): number {
  const actor = world.enter();
  let next = from;
  while (next < to && byteAt(array, next) === value) next++;
  if (next === to) return world.saw(to, "fills to", -1);
  const byte = array.byteOffset + next, word = byte >> 2;
  if (world.current === undefined) array[next] = value;
  else {
    const end = Math.min(to, next + 4 - (byte & 3));
    let mask = 0;
    for (; next < end; next++) mask |= 0xff << (array.byteOffset + next & 3) * 8;
    world.memory.put(actor, word, Math.imul(value, 0x01010101), mask);
    next--;
  }
  return world.saw(next + 1, "fills to", word);
}

function byteAt(array: Uint8Array<ArrayBufferLike>, index: number): number {
  if (world.current === undefined) return array[index];
  const byte = array.byteOffset + index;
  return world.memory.words[byte >> 2] >>> (byte & 3) * 8 & 0xff;
}

/** An operation of a history returns: a step, so that others may run before it is noticed. */
export function endOperation(operation: Operation, result: unknown): void {
  world.endOperation(operation, result);
}

/** The functions of this module that are steps. */
export const STEPS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  load,
  peek,
  store,
  release,
  add,
  or,
  and,
  exchange,
  compareExchange,
  fenceAll,
  beginWait,
  endWait,
  wake,
  beginPause,
  endPause,
  isAlive,
  kernelCall,
  fillNext,
  endOperation,
};

// ---- What the rewriting adds ----

// deno-lint-ignore no-explicit-any -- any function
type Any = (...args: any[]) => any;
type Twin = (...args: unknown[]) => Generator<void, unknown>;
type Twinned = Any & { $g?: Twin };

/** How a step is announced, where it is known when the code is rewritten. */
export const ANNOUNCED: Readonly<Record<string, "$go" | "$goAlone" | "$goAsking" | "$goRead" | "$goWrite">> = {
  load: "$goRead",
  peek: "$goRead",
  store: "$goWrite",
  release: "$goWrite",
  add: "$goWrite",
  or: "$goWrite",
  and: "$goWrite",
  exchange: "$goWrite",
  compareExchange: "$goWrite",
  beginWait: "$goWrite",
  wake: "$goWrite",
  endWait: "$goAlone",
  beginPause: "$goAlone",
  endPause: "$goAlone",
  isAlive: "$goAsking",
  fenceAll: "$go",
  kernelCall: "$go",
  fillNext: "$go",
  endOperation: "$go",
};

/** Before a step of a twin. @returns True if its actor continues; else it pauses. */
export function $go(site: number): boolean {
  return world.go(site);
}

/** As `$go`, before a load of a word. */
export function $goRead(site: number, words: AnyArray, index: number): boolean {
  return world.goTo(site, sharedWordOf(words, index), false, words.BYTES_PER_ELEMENT > 4);
}

/** As `$go`, before a change of a word, or of its sleepers. */
export function $goWrite(site: number, words: AnyArray, index: number): boolean {
  return world.goTo(site, sharedWordOf(words, index), true, words.BYTES_PER_ELEMENT > 4);
}

/** As `$go`, before a step that concerns no other actor. */
export function $goAlone(site: number): boolean {
  return world.goAlone(site);
}

/** As `$go`, before a liveness check. */
export function $goAsking(site: number): boolean {
  return world.goAsking(site);
}

/**
 * How each step is announced where it is known only when the code runs. Its word is announced too: else an access to it
 * elsewhere would be taken for one that no other actor notices.
 */
const announcers: ReadonlyMap<unknown, Any> = new Map(
  Object.entries(STEPS).map((
    [name, step],
  ) => [step, { $go, $goAlone, $goAsking, $goRead, $goWrite }[ANNOUNCED[name]]!]),
);

function sharedWordOf(array: AnyArray, index: number): number {
  return array.buffer === buffer ? (array.byteOffset + index * array.BYTES_PER_ELEMENT) >> 2 : -1;
}

/** Gives a function its twin. */
export function $twin<F extends Twinned>(plain: F, twin: Twin): F {
  plain.$g = twin;
  return plain;
}

/** The twin of a function that is only known when the code runs; one without a twin runs at once. */
export function $twinOf(fn: Twinned, site: number): Twin {
  return fn.$g ?? function* (this: unknown, ...args: unknown[]) {
    const announce = announcers.get(fn);
    if (announce !== undefined && !announce(site, ...args)) yield;
    return fn.apply(this, args);
  };
}

/** Gives text its twins; of the program that was built last. */
let rewriteText: (text: string) => string;

/** Sets what gives text its twins. */
export function setTextRewriter(rewriter: (text: string) => string): void {
  rewriteText = rewriter;
  evaluated.clear();
}

/** Functions made from text, by parameters and text. */
const evaluated = new Map<string, Any>();

/** Stands for `new Function` where code is made from text. */
export function $evaluate(...parameters: string[]): Any {
  const key = parameters.join("\n"), body = parameters.pop()!;
  let made = evaluated.get(key);
  if (made === undefined) {
    const text = rewriteText(`(function (${parameters}) {\n${body}\n});`);
    made = new Function("runtime", `const { ${Object.keys(RUNTIME)} } = runtime;\nreturn ${text}`)(RUNTIME) as Any;
    evaluated.set(key, made);
  }
  return made;
}

/** Stands for `performance`. */
export const $performance: { now(): number } = { now: () => world.now() };

/** Whether an access to an element is one to shared memory. */
export function $isShared(array: unknown): boolean {
  return typeof array === "object" && array !== null && (array as { buffer?: unknown }).buffer === buffer;
}

/** An array that is accessed in a way that cannot be made a step. */
export function $requireUnshared<T>(array: T): T {
  if ($isShared(array)) world.fail("the code reads shared memory in an optional chain, which cannot be followed");
  return array;
}

type AnyArray =
  | Words
  | Float64Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Int8Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Float32Array<ArrayBufferLike>;

const scratch = new ArrayBuffer(8);
const halves = new Int32Array(scratch);
const double = new Float64Array(scratch);
const single = new Float32Array(scratch);
const scratchBytes = new Uint8Array(scratch);

/** `array[index]`, of shared memory. */
export function $read(array: AnyArray, index: number): number | undefined {
  const actor = world.enter();
  if (!(index >= 0 && index < array.length)) {
    world.saw(0, "reads nothing", -1);
    return undefined;
  }
  const { memory } = world, byte = array.byteOffset + index * array.BYTES_PER_ELEMENT, word = byte >> 2;
  if (array instanceof Float64Array) {
    halves[0] = memory.peekTwo(actor, word);
    halves[1] = memory.second;
    world.saw(halves[0] ^ Math.imul(halves[1], 0x85ebca6b), "reads", word);
    return double[0];
  }
  halves[0] = world.saw(memory.peek(actor, word), "reads", word);
  if (array instanceof Int32Array) return halves[0];
  if (array instanceof Uint32Array) return halves[0] >>> 0;
  if (array instanceof Float32Array) return single[0];
  const Narrow = array.constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => AnyArray;
  return new Narrow(scratch, byte & 3, 1)[0];
}

/** `array[index] = value`, of shared memory. */
export function $write(array: AnyArray, index: number, value: number): number {
  const actor = world.enter();
  if (!(index >= 0 && index < array.length)) return world.saw(value, "writes nowhere", -1);
  const { memory } = world, byte = array.byteOffset + index * array.BYTES_PER_ELEMENT, word = byte >> 2;
  if (array instanceof Float64Array) {
    double[0] = value;
    memory.putTwo(actor, word, halves[0], halves[1]);
    world.saw(halves[0] ^ Math.imul(halves[1], 0x85ebca6b), "writes", word);
    return value;
  }
  let mask = -1;
  halves[0] = 0;
  if (array instanceof Int32Array || array instanceof Uint32Array) halves[0] = value;
  else if (array instanceof Float32Array) single[0] = value;
  else {
    const Narrow = array.constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => AnyArray;
    scratchBytes.fill(0xff, byte & 3, (byte & 3) + array.BYTES_PER_ELEMENT);
    mask = halves[0];
    new Narrow(scratch, byte & 3, 1)[0] = value;
  }
  memory.put(actor, word, halves[0], mask);
  world.saw(halves[0], "writes", word);
  return value;
}

/** `array[index]` where it is no step of its own: statistics. */
export function $readQuietly(array: AnyArray, index: number): number {
  if (array instanceof Float64Array) {
    const word = (array.byteOffset >> 2) + index * 2;
    halves[0] = world.memory.words[word];
    halves[1] = world.memory.words[word + 1];
    return double[0];
  }
  return world.memory.words[(array.byteOffset >> 2) + index];
}

/** `array[index] = value` where it is no step of its own. */
export function $writeQuietly(array: AnyArray, index: number, value: number): number {
  const { memory } = world, word = (array.byteOffset + index * array.BYTES_PER_ELEMENT) >> 2;
  if (array instanceof Float64Array) {
    double[0] = value;
    memory.setQuietly(word, halves[0]);
    memory.setQuietly(word + 1, halves[1]);
  } else memory.setQuietly(word, value);
  return value;
}

/** What rewritten code refers to, for code made from text. */
const RUNTIME = {
  $evaluate,
  $go,
  $goAlone,
  $goAsking,
  $goRead,

  $goWrite,
  $isShared,
  $read,
  $readQuietly,
  $requireUnshared,
  $twin,
  $twinOf,
  $write,
  $writeQuietly,
};
