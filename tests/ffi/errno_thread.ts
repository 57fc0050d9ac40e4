import { parentPort } from "node:worker_threads";
import { libc } from "../../ffi/mod.ts";

// A thread whose calls fail for one reason only, until it is ended.
const EBADF = 9;
let wrong = 0, calls = 0, isEnding = false;
parentPort!.on("message", () => isEnding = true);
parentPort!.postMessage("started");
function failOften(): void {
  for (let i = 0; i < 5_000; i++) {
    libc().close(-1);
    if (libc().errno() !== EBADF) wrong++;
    calls++;
  }
  if (isEnding) parentPort!.postMessage({ wrong, calls });
  else setTimeout(failOften, 0);
}
failOften();
