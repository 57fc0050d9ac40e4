import process from "node:process";
import { Segment } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once, RwLock } from "../../lib/sync/mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { locksOf, NAMES, Words } from "./lock_table.ts";

/** Does one thing with a lock, and dies before its n-th atomic write. */
const [what, handle, step] = peerArgs;
const segment = Segment.open(handle, { role: "victim" });

function prepare(): () => void {
  if (NAMES.includes(what)) {
    const [{ lock, words }] = locksOf(segment, [what]);
    return () => {
      lock.lock();
      words[0]++;
      words[1]++;
      lock.unlock();
    };
  }
  const words = segment.open("words", Words, { count: 64 });
  if (what === "read") {
    const lock = segment.open("rw", RwLock, {});
    return () => {
      lock.lockRead();
      lock.unlockRead();
    };
  }
  if (what === "condition") {
    const mutex = segment.open("mutex", Mutex, {}), condition = segment.open("condition", Condition, {});
    return () => {
      mutex.lock();
      words[0]++;
      words[1]++;
      condition.wait(mutex, { timeoutMs: 1 });
      condition.signal();
      mutex.unlock();
    };
  }
  if (what === "event") {
    const event = segment.open("event", Event, {});
    return () => {
      event.wait({ timeoutMs: 1 });
      event.set();
    };
  }
  if (what === "barrier") {
    const barrier = segment.open("barrier", Barrier, {});
    return () => void barrier.wait();
  }
  const once = segment.open("once", Once, {});
  return () =>
    void once.run(() => {
      words[0]++;
      words[1]++;
    });
}

/** All atomic writes go through these. */
const WRITES = ["store", "exchange", "compareExchange", "add", "or", "and"] as const;

const use = prepare();
report("ready");
let writes = 0;
for (const name of WRITES) {
  const write = Atomics[name] as (...args: unknown[]) => unknown;
  (Atomics as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
    if (++writes === Number(step)) process.kill(process.pid, "SIGKILL");
    return write(...args);
  };
}
use();
report(writes);
process.exit(0);
