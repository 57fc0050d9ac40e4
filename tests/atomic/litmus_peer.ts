import process from "node:process";
import { fence, isFenced, load, pause, release, sleep, store } from "../../lib/atomic/mod.ts";
import { OWN_TYPE } from "../../lib/memory/internal.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { Words } from "../sync/lock_table.ts";

/**
 * Litmus tests: each side runs its loop long enough to be compiled by the optimising compiler, in a function of its
 * own. Words stand on cache lines of their own.
 */
const [what, handle, side, count] = peerArgs;
const segment = Segment.open(handle, { readOnly: what === "hoist" && side === "1" });
// The memory itself, as the library's own types have it, for reading only too.
const OwnWords = { ...Words, [OWN_TYPE]: true };
const words = segment.open("words", OwnWords, { count: 1 << 20 });
const me = Number(side), rounds = Number(count);
const X = 0, Y = 64, FLAG = 128, DONE = 192, OUT = 1024;
const doubles = new Float64Array(words.buffer, words.byteOffset, 64);

/** Warms a loop up before the other side is there. */
function warm(fn: () => unknown): void {
  for (let i = 0; i < 200; i++) fn();
}

/** How often a side polls before it leaves the processor to the other side, which may need it. */
const POLLS = 1000;

/** Waits until the other side has done the round before. */
function awaitRound(other: number, round: number): void {
  for (let polls = 1; load(words, DONE + other) < round - 1; polls++) {
    if (polls % POLLS === 0) sleep(0.02);
    else pause();
  }
}

/** Store buffering: each writes its own word, then reads the other's. Never may both read the old value. */
function buffer(mine: number, other: number, out: number, from: number, to: number): void {
  for (let round = from; round <= to; round++) {
    awaitRound(other, round);
    store(words, mine, round);
    words[out + round] = load(words, other);
    store(words, DONE + mine, round);
  }
}

/** Store buffering where one side fences for both, as a sleeper does for a publisher. */
function bufferFenced(mine: number, other: number, out: number, to: number): void {
  for (let round = 1; round <= to; round++) {
    awaitRound(other, round);
    store(words, mine, round);
    if (!fence(words)) throw new Error("The kernel refuses to fence");
    words[out + round] = load(words, other);
    store(words, DONE + mine, round);
  }
}

function bufferPublished(mine: number, other: number, out: number, to: number): void {
  if (!isFenced(words)) throw new Error("The kernel refuses to fence");
  for (let round = 1; round <= to; round++) {
    awaitRound(other, round);
    release(words, mine, round);
    words[out + round] = load(words, other);
    store(words, DONE + mine, round);
  }
}

/** Message passing: what was written plainly before the flag is seen after it. Counts violations. */
function read(to: number): { violations: number; seen: number } {
  let violations = 0, seen = 0;
  for (let last = 0; last < to;) {
    const flag = load(words, FLAG);
    if (flag === last) continue;
    last = flag;
    seen++;
    for (let i = 1; i < 5; i++) if (words[FLAG + 64 * i] < flag) violations++;
  }
  return { violations, seen };
}

function write(to: number, publish: typeof release): void {
  for (let round = 1; round <= to; round++) {
    for (let i = 1; i < 5; i++) words[FLAG + 64 * i] = round;
    publish(words, FLAG, round);
    if ((round & 63) === 0) pause();
  }
}

/** Coherence: loads of one word never go backwards; loads of two words never reverse the order of the writes. */
function ordered(to: number): number {
  let violations = 0, x = 0;
  while (x < to) {
    const y = load(words, Y);
    const next = load(words, X); // X is written first, so it is never behind Y
    if (next < y || next < x) violations++;
    x = next;
  }
  return violations;
}

/** Torn reads: an aligned 64-bit float is written whole, by a plain store. */
function isTorn(value: number): boolean {
  return value !== 0 && value !== 1.1111111111111112e-300 && value !== -2.222222222222222e+300;
}

report("ready");
if (what === "buffer") {
  const [mine, other] = me === 0 ? [X, Y] : [Y, X];
  buffer(mine, other, OUT + me * rounds, 1, rounds);
  report("done");
} else if (what === "fence") {
  if (me === 0) bufferPublished(X, Y, OUT, rounds);
  else bufferFenced(Y, X, OUT + rounds, rounds);
  report("done");
} else if (what === "message" || what === "release") {
  if (me === 0) write(rounds, what === "release" ? release : store);
  report(me === 0 ? "done" : read(rounds));
} else if (what === "order") {
  if (me === 0) {
    for (let i = 1; i <= rounds; i++) {
      store(words, X, i);
      store(words, Y, i);
    }
  }
  report(me === 0 ? "done" : ordered(rounds));
} else if (what === "torn") {
  const run = (turns: number): number => {
    let torn = 0;
    for (let i = 0; i < turns; i++) {
      load(words, FLAG);
      if (isTorn(doubles[0])) torn++;
    }
    return torn;
  };
  if (me === 0) {
    for (let i = 0; i < rounds; i++) doubles[0] = (i & 1) === 0 ? 1.1111111111111112e-300 : -2.222222222222222e+300;
  }
  report(me === 0 ? "done" : run(rounds));
} else if (what === "hoist") {
  // A loop on a load must end once the word changes, though it was compiled when the word had not changed for long.
  const spin = (limit: number): boolean => {
    for (let i = 0; i < limit; i++) if (load(words, X) !== 0) return true;
    return false;
  };
  warm(() => spin(100_000));
  report("warm");
  report(spin(20_000_000_000));
}
process.exit(0);
