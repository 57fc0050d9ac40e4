import { readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

// Attaches, and has a Worker attached and terminated.
const [name] = peerArgs;
const segment = Segment.open(name, { role: "main" });
const worker = new Worker(new URL("./worker_thread.ts", import.meta.url), { workerData: { name } });
await new Promise((resolve) => worker.once("message", resolve));
const { tid } = segment.participants().find(({ role }) => role === "worker")!;
await worker.terminate();
while (readdirSync("/proc/self/task").includes(String(tid))) await delay(1);
report("terminated");
// Stays until it is killed, or the test is gone.
process.stdin.on("end", () => process.exit(segment.closed ? 1 : 0)).resume();
