import process from "node:process";
import { Worker } from "node:worker_threads";
import { Futex, load, store } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { peerArgs, report, threadCpuMs } from "../../support/in_peer.ts";
import { nextOrder } from "../../support/in_spare.ts";
import { Words } from "../sync/lock_table.ts";

const [what, handle, ...args] = peerArgs;
const segment = Segment.open(handle);
const words = segment.open("words", Words, { count: 1024 });
const futex = Futex.at(words, 0);

if (what === "wait") {
  report("ready");
  const start = futex.now();
  const isWoken = futex.wait(0, start + Number(args[0]));
  report({ isWoken, ms: futex.now() - start });
} else if (what === "stay") {
  // Reports by a word that the wait is over, and stays until it is ended, so that a stop cannot come too late.
  report("ready");
  const start = futex.now();
  const isWoken = futex.wait(0, start + Number(args[0]));
  const ms = futex.now() - start;
  store(words, 64, 1);
  nextOrder();
  report({ isWoken, ms });
} else if (what === "pong") {
  // Answers each odd value with the next even one.
  report("ready");
  const rounds = Number(args[0]);
  for (let i = 0; i < rounds; i++) {
    while (load(words, 0) !== 2 * i + 1) futex.wait(2 * i, Infinity);
    store(words, 0, 2 * i + 2);
    futex.wakeOne();
  }
  report("done");
} else if (what === "any") {
  const futexes = [0, 1, 2].map((i) => Futex.at(words, i * 64));
  report("ready");
  const wait = args[0] === "kernel" ? Futex.waitAny : Futex.waitAnyByPolling;
  report(wait(futexes, [0, 0, 0], futexes[0].now() + 20_000));
}
if (what === "far") {
  // Waits until it is woken, in the memory of the segment, then in a Worker's way, with a Worker that wakes it.
  for (const deadline of args.map(Number)) {
    report("kernel waits");
    const before = threadCpuMs();
    const isWoken = futex.wait(load(words, 0), deadline);
    report({ isWoken, cpuMs: threadCpuMs() - before });
  }
  const local = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./futex_thread.ts", import.meta.url), { workerData: { handle, local } });
  await new Promise((resolve) => worker.once("message", resolve));
  for (const deadline of args.map(Number)) {
    report("thread waits");
    const before = threadCpuMs();
    const isWoken = Futex.at(local, 0).wait(load(local, 0), deadline);
    report({ isWoken, cpuMs: threadCpuMs() - before });
  }
}
process.exit(0);
