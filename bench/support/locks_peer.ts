import process from "node:process";
import * as system from "../../ffi/system.ts";
import { useAll } from "./in_use.ts";
import { compareExchange, load, store } from "../../lib/atomic/mod.ts";
import { type Region, Segment } from "../../lib/memory/mod.ts";
import { Mutex, RwLock, Semaphore, SeqLock, SpinLock, TicketLock } from "../../lib/sync/mod.ts";

/** One case, in a process of its own: prints one number. Arguments: what, handle or "", iterations or ms, --in-use. */
const [what, handle, amount] = process.argv.slice(2);
const n = Number(amount);
if (process.argv.includes("--in-use")) useAll();
const segment = handle === "" ? Segment.anonymous({ byteLength: 1 << 16 }) : Segment.open(handle);
const Words = {
  kind: "Words",
  byteLength: () => 1024,
  init: () => {},
  attach: (region: Region) => region.views.i32,
};

/** Best of five turns, in nanoseconds; the work is a function of its own, so that it is compiled as one. */
function best(run: (n: number) => unknown): number {
  run(n / 10);
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    run(n);
    least = Math.min(least, (performance.now() - start) * 1e6 / n);
  }
  return least;
}

// deno-lint-ignore no-explicit-any -- six types with six options
const KINDS: Record<string, readonly [type: any, options: any]> = {
  mutex: [Mutex, {}],
  spin: [SpinLock, {}],
  ticket: [TicketLock, {}],
  rw: [RwLock, {}],
  semaphore: [Semaphore, { permits: 1 }],
};

const kind = KINDS[what.replace("2", "")];
if (kind !== undefined) {
  const lock = segment.openOrCreate("lock", kind[0], kind[1]) as Mutex;
  const words = segment.openOrCreate("words", Words, {});
  if (what.endsWith("2")) {
    const run = () => {
      let mine = 0;
      const end = performance.now() + n;
      while (true) {
        lock.lock();
        words[64]++;
        lock.unlock();
        if ((++mine & 1023) === 0 && performance.now() > end) return mine;
      }
    };
    const until = Number(process.argv[5]);
    while (Date.now() < until);
    console.log(run() / n / 1e3);
  } else {
    console.log(best((n) => {
      for (let i = 0; i < n; i++) {
        lock.lock();
        lock.unlock();
      }
    }));
  }
} else if (what === "bare" || what.startsWith("counted")) {
  // The two exchanges of a lock and an unlock, without and with the count.
  const words = segment.openOrCreate("words", Words, {}), counts = new Float64Array(words.buffer, words.byteOffset, 16);
  const at = what === "counted same" ? 1 : 9;
  const bare = (n: number) => {
    for (let i = 0; i < n; i++) {
      if (compareExchange(words, 0, 0, 7) !== 0) throw new Error("taken");
      if (compareExchange(words, 0, 7, 0) !== 7) throw new Error("not mine");
    }
  };
  const counted = (n: number) => {
    for (let i = 0; i < n; i++) {
      if (compareExchange(words, 0, 0, 7) !== 0) throw new Error("taken");
      counts[at]++;
      if (compareExchange(words, 0, 7, 0) !== 7) throw new Error("not mine");
    }
  };
  console.log(best(what === "bare" ? bare : counted));
} else if (what === "read") {
  const lock = segment.openOrCreate("rw", RwLock, {});
  console.log(best((n) => {
    for (let i = 0; i < n; i++) {
      lock.lockRead();
      lock.unlockRead();
    }
  }));
} else if (what === "write") {
  // A write every microsecond, until stopped.
  const lock = segment.openOrCreate("seq", SeqLock, { payloadBytes: 64 });
  const words = segment.openOrCreate("words", Words, {});
  lock.lock();
  store(words, 1, 1);
  const run = () => {
    for (let next = system.monotonicNs(), i = 0; load(words, 0) === 0; next += 1000, i++) {
      while (system.monotonicNs() < next);
      const { f64 } = lock.beginWrite();
      f64[0] = i;
      f64[1] = i;
      f64[2] = i;
      f64[3] = i;
      f64[4] = i;
      f64[5] = i;
      f64[6] = i;
      f64[7] = i;
      lock.endWrite();
    }
  };
  run();
} else if (what === "seq" || what === "seqw") {
  const lock = segment.openOrCreate("seq", SeqLock, { payloadBytes: 64 });
  const words = segment.openOrCreate("words", Words, {});
  if (what === "seqw") { while (load(words, 1) === 0); }
  const { f64 } = lock.payload;
  console.log(best((n) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      let sequence = 0, value = 0;
      do {
        sequence = lock.beginRead();
        value = f64[0] + f64[1] + f64[2] + f64[3] + f64[4] + f64[5] + f64[6] + f64[7];
      } while (!lock.validate(sequence));
      sum += value;
    }
    return sum;
  }));
  store(words, 0, 1);
}
process.exit(0);
