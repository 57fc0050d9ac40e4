import { parentPort, workerData } from "node:worker_threads";
import { Event, Segment } from "../../mod.ts";

using segment = Segment.open(workerData.name);
parentPort!.postMessage(await segment.open("event", Event).waitAsync({ timeoutMs: 10_000 }));
