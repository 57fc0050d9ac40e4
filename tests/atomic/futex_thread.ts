import { parentPort, workerData } from "node:worker_threads";
import { add, Futex, load } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Words } from "../sync/lock_table.ts";

// Wakes the waiters of a word of this process whenever a word of the segment changes.
const { handle, local } = workerData as { handle: string; local: Int32Array<SharedArrayBuffer> };
const words = Segment.open(handle).open("words", Words, { count: 1024 });
const remote = Futex.at(words, 0), waiter = Futex.at(local, 0);
let seen = load(words, 0);
parentPort!.postMessage("ready");
while (true) {
  remote.wait(seen, remote.now() + 1000);
  const now = load(words, 0);
  if (now === seen) continue;
  seen = now;
  add(local, 0, 1);
  waiter.wakeAll();
}
