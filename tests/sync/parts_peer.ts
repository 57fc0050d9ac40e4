import process from "node:process";
import { load, sleep, store } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, EventCount, Mutex, Once, SeqLock } from "../../lib/sync/mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { Words } from "./lock_table.ts";

const [what, handle, ...args] = peerArgs;
const segment = Segment.open(handle, { role: what });
const words = segment.open("words", Words, { count: 8192 });
const [first = 0, second = 0] = args.map(Number);

/** A queue in words: head, tail, then the items. */
const HEAD = 0, TAIL = 1, SUM = 2, ITEMS = 64, CAPACITY = 1024;

report("ready");
for await (const _line of orders()) break;
report("off"); // the test may block from now on

if (what === "produce" || what === "consume") {
  const mutex = segment.open("mutex", Mutex, {});
  const notFull = segment.open("not full", Condition, {}), notEmpty = segment.open("not empty", Condition, {});
  const run = (count: number, batch: number) => {
    let sum = 0;
    for (let done = 0; done < count;) {
      mutex.lock();
      if (what === "produce") {
        while (words[TAIL] - words[HEAD] === CAPACITY) notFull.wait(mutex);
        for (let i = 0; i < batch && done < count && words[TAIL] - words[HEAD] < CAPACITY; i++) {
          words[ITEMS + (words[TAIL]++ % CAPACITY)] = ++done & 1023;
        }
        notEmpty.signal();
      } else {
        while (words[TAIL] === words[HEAD]) notEmpty.wait(mutex);
        for (let i = 0; i < batch && done < count && words[TAIL] > words[HEAD]; i++, done++) {
          sum += words[ITEMS + (words[HEAD]++ % CAPACITY)];
        }
        notFull.signal();
      }
      mutex.unlock();
    }
    return sum;
  };
  report(run(first, second));
} else if (what === "barrier") {
  const barrier = segment.open("barrier", Barrier, {});
  let wrong = 0;
  for (let round = 1; round <= first; round++) {
    words[64 + second * 64] = round; // plain: the barrier publishes it
    barrier.wait();
    for (let party = 0; party < 5; party++) if (words[64 + party * 64] !== round) wrong++;
    barrier.wait();
  }
  report(wrong);
} else if (what === "die at barrier") {
  const barrier = segment.open("barrier", Barrier, {});
  barrier.wait();
  report("met");
  sleep(60_000);
} else if (what === "once") {
  const once = segment.open("once", Once, {});
  let died: boolean | undefined;
  once.run((ownerDied) => {
    died = ownerDied;
    words[SUM]++;
    report("running");
    if (first > 0) { while (load(words, 5) === 0); }
  });
  report({ died: died ?? null, runs: words[SUM] });
} else if (what === "event") {
  const event = segment.open("event", Event, {}), answer = segment.open("answer", Event, {});
  for (let i = 0; i < first; i++) {
    event.wait();
    words[SUM]++;
    answer.set();
  }
  report("done");
} else if (what === "count events") {
  // Each waits for its turn by an event count on a word that the other changes.
  const changed = new EventCount(words, 1024);
  for (let i = second; i < first; i += 2) {
    while (load(words, 0) !== i) {
      const seen = changed.snapshot();
      if (load(words, 0) === i) break;
      if (!changed.wait(seen, changed.now() + 20_000)) report("lost");
    }
    store(words, 0, i + 1);
    changed.notifyAll();
  }
  report("done");
} else if (what === "write") {
  const lock = segment.open("record", SeqLock, {});
  for (let value = second; load(words, 5) === 0; value += 2) {
    lock.lock();
    const { f64 } = lock.beginWrite();
    for (let i = 0; i < 8; i++) f64[i] = value + i;
    lock.endWrite();
    lock.unlock();
  }
  report("done");
} else if (what === "read") {
  const lock = first === 1 ? segment.open("record", SeqLockUnordered(), {}) : segment.open("record", SeqLock, {});
  // Each reader's own two words.
  const READS = 64 + 2 * second, CHANGES = READS + 1;
  let torn = 0, last = -1;
  const run = () => {
    let sequence = 0, base = 0, isWhole = true;
    do {
      sequence = lock.beginRead();
      const { f64 } = lock.payload;
      base = f64[0];
      isWhole = f64[1] === base + 1 && f64[2] === base + 2 && f64[3] === base + 3 && f64[4] === base + 4 &&
        f64[5] === base + 5 && f64[6] === base + 6 && f64[7] === base + 7;
    } while (!lock.validate(sequence));
    words[READS]++;
    if (!isWhole) torn++;
    if (base !== last) words[CHANGES]++;
    last = base;
  };
  while (load(words, 5) === 0) run();
  report(torn);
} else if (what === "half write") {
  const lock = segment.open("record", SeqLock, {});
  lock.lock();
  lock.beginWrite().f64[0] = -1;
  report("writing");
  sleep(60_000);
}
process.exit(0);

/** The seqlock as a processor without an order of its own needs it. */
function SeqLockUnordered() {
  return {
    kind: SeqLock.kind,
    byteLength: SeqLock.byteLength,
    init: SeqLock.init,
    attach: SeqLock.attachUnordered,
  };
}
