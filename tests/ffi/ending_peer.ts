import { isMainThread, Worker } from "node:worker_threads";
import { libc } from "../../ffi/mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/*
 * Threads that end while the engine compiles their calls of C, one after another; and then a process.
 */
const THREADS = Number(peerArgs[0]), LONGEST_MS = 40;

function callOften(): void {
  for (let i = 0; i < 2000; i++) {
    libc().close(-1);
    libc().kill(1 << 30, 0);
  }
}

if (isMainThread) {
  for (let i = 0; i < THREADS; i++) {
    const worker = new Worker(new URL(import.meta.url));
    const code = await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    if (code !== 0) throw new Error(`a thread ended with ${code}`);
  }
  report(THREADS);
}
for (const end = performance.now() + Math.random() * LONGEST_MS; performance.now() < end;) callOften();
