import { parentPort, workerData } from "node:worker_threads";
import { Region } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once } from "../../lib/sync/mod.ts";
import { type AnyLock, KINDS } from "./lock_table.ts";

/** A thread that shares memory with the test's, and no segment. */
const { what, memories, side, count } = workerData as {
  what: string;
  memories: SharedArrayBuffer[];
  side: number;
  count: number;
};
const [words, ...regions] = memories.map((memory, i) => i === 0 ? new Int32Array(memory) : Region.over(memory));
const w = words as Int32Array, [first, second, third] = regions as Region[];

/** One queue of one item; `side` 0 makes, the others take. */
function queue(): void {
  const mutex = Mutex.attach(first, {}), made = Condition.attach(second, {}), taken = Condition.attach(third, {});
  for (let i = 1; i <= count; i++) {
    mutex.lock();
    if (side === 0) {
      while (w[0] !== 0) taken.wait(mutex);
      w[0] = i;
      made.signal();
    } else {
      while (w[0] === 0) made.wait(mutex);
      w[1] += w[0] === i ? 1 : 0;
      w[0] = 0;
      taken.signal();
    }
    mutex.unlock();
  }
}

/** Each in turn, let through by the other. */
function events(): void {
  const mine = Event.attach(side === 0 ? first : second, {}), others = Event.attach(side === 0 ? second : first, {});
  for (let i = 0; i < count; i++) {
    if (side === 0) others.set();
    mine.wait();
    w[0]++;
    if (side === 1) others.set();
  }
}

function meet(): void {
  const barrier = Barrier.attach(first, {});
  for (let round = 1; round <= count; round++) {
    w[64 * side] = round;
    barrier.wait();
    if (w[64 * (1 - side)] !== round) w[1]++;
    barrier.wait();
  }
}

parentPort!.postMessage("ready");
if (what === "queue") queue();
else if (what === "events") events();
else if (what === "meet") meet();
else if (what === "once") {
  Once.attach(first, {}).run(() => {
    const end = performance.now() + 30;
    while (performance.now() < end);
    w[0]++;
  });
  if (w[0] !== 1) w[1]++;
} else {
  const [type, options] = KINDS[what];
  const lock = type.attach(first, options) as AnyLock;
  for (let i = 0; i < count; i++) {
    lock.lock();
    w[0]++;
    lock.unlock();
  }
}
parentPort!.postMessage("done");
