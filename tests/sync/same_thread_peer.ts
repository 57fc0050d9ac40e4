import { parentPort, workerData } from "node:worker_threads";
import { Segment } from "../../lib/memory/mod.ts";
import { Mutex } from "../../lib/sync/mod.ts";

// A Worker that waits for a mutex of another thread, as long as it takes.
using segment = Segment.open(workerData, { role: "worker" });
const mutex = segment.open("mutex", Mutex, {});
mutex.lock();
mutex.unlock();
parentPort!.postMessage("locked and unlocked");
