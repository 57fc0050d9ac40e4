import { parentPort, workerData } from "node:worker_threads";
import { Segment } from "../../mod.ts";

// A Worker that attaches, and stays so until it is terminated.
const segment = Segment.open(workerData.name, { role: "worker" });
parentPort!.postMessage("attached");
// Unreachable objects are collected and closed: keep a reference.
setInterval(() => segment.closed, 5);
