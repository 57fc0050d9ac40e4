import process from "node:process";
import * as system from "../../ffi/system.ts";
import { load, sleep } from "../../lib/atomic/mod.ts";
import { OwnerDiedError } from "../../lib/errors.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once, RwLock, SeqLock } from "../../lib/sync/mod.ts";
import { peerArgs, report, threadCpuMs } from "../../support/in_peer.ts";
import { Words } from "./lock_table.ts";

const [what, handle] = peerArgs;
const segment = Segment.open(handle, { role: what });
const words = segment.open("words", Words, { count: 64 });
const READY = 0, GO = 1;

const read = segment.open("read", RwLock, {}), written = segment.open("written", RwLock, {});
const once = segment.open("once", Once, {}), record = segment.open("record", SeqLock, {});
const mutex = segment.open("mutex", Mutex, {}), condition = segment.open("condition", Condition, {});
const event = segment.open("event", Event, {}), auto = segment.open("auto", Event, {});
const barrier = segment.open("barrier", Barrier, {});

/** Holds every part that can be waited for, until it is asked to release it, stopped or killed. */
function stay(): void {
  barrier.wait();
  read.lockRead();
  written.lock();
  record.lock();
  record.beginWrite();
  once.run(() => {
    report("held");
    while (load(words, GO) === 0) sleep(1);
  });
  record.endWrite();
  record.unlock();
  written.unlock();
  read.unlockRead();
  mutex.lock();
  words[READY] = 1;
  condition.broadcast();
  mutex.unlock();
  event.set();
  auto.set();
  barrier.wait();
}

let ownerDied = false;

/** Each way to block. False if the time ran out. */
const ways: Record<string, (timeoutMs?: number) => boolean> = {
  "write, held for reading": (timeoutMs) => read.lock({ timeoutMs }),
  "read, held for writing"(timeoutMs) {
    if (!written.lockRead({ timeoutMs })) return false;
    ownerDied = written.ownerDied;
    return true;
  },
  once: (timeoutMs) => once.run((died) => void (ownerDied = died), { timeoutMs }),
  seqlock(timeoutMs) {
    // Reading has no limit.
    if (timeoutMs !== undefined) sleep(timeoutMs);
    else record.read(({ f64 }) => f64[0]);
    return timeoutMs === undefined;
  },
  barrier: (timeoutMs) => barrier.wait({ timeoutMs }),
  condition(timeoutMs) {
    mutex.lock();
    let isInTime = true;
    while (words[READY] === 0 && isInTime) isInTime = condition.wait(mutex, { timeoutMs });
    mutex.unlock();
    return isInTime;
  },
  event: (timeoutMs) => event.wait({ timeoutMs }),
  auto: (timeoutMs) => auto.wait({ timeoutMs }),
};

if (what === "stay") {
  stay();
  report("done");
} else {
  const way = ways[what];
  if (what === "barrier") barrier.wait();
  // What the runtime does in its first half second is not what waiting costs.
  if (way(500)) throw new Error("There is nothing to wait for");
  const start = performance.now();
  report("ready");
  const cpu = threadCpuMs();
  try {
    way();
  } catch (error) {
    if (!(error instanceof OwnerDiedError)) throw error;
    ownerDied = true;
  }
  const at = system.monotonicNs() / 1e6, cpuMs = threadCpuMs() - cpu;
  report({ at, ownerDied, waitedMs: performance.now() - start, cpuMs });
}
process.exit(0);
