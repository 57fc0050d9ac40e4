import { parentPort, workerData } from "node:worker_threads";
import { Segment } from "../../lib/memory/mod.ts";
import { Mutex } from "../../lib/sync/mod.ts";

// A Worker that takes a mutex and keeps it, until it is terminated.
const segment = Segment.open(workerData.name, { role: "worker" });
const mutex = segment.open("mutex", Mutex, {});
mutex.lock();
parentPort!.postMessage("held");
// Unreachable objects are collected and closed, with their locks: keep a reference.
setInterval(() => mutex.isOwned, 5);
