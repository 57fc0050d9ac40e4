import { parentPort, workerData } from "node:worker_threads";
import { Region } from "../../lib/memory/mod.ts";
import { RwLock, TicketLock } from "../../lib/sync/mod.ts";

// A Worker that uses both locks, more often than they have cells, and is then terminated.
const [rw, ticket] = workerData as SharedArrayBuffer[];
for (let i = 0; i < 5; i++) {
  const lock = RwLock.attach(Region.over(rw), {}), turns = TicketLock.attach(Region.over(ticket), {});
  lock.lockRead();
  lock.unlockRead();
  lock.lock();
  lock.unlock();
  turns.lock();
  turns.unlock();
}
parentPort!.postMessage("done");
