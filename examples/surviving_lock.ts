/**
 * A lock that survives its owner. A process moves money between two accounts under a mutex and is killed halfway, by
 * `kill -9`. The next owner gets the lock at once, learns of the death, and repairs the data:
 * `bun examples/surviving_lock.ts`.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { f64, LatestTable, Mutex, Segment, struct } from "@shmkit/shmkit";

const Account = struct("Account", { balance: f64 });
const options = { layout: Account, rows: 2 } as const;
const TOTAL = 100;

const [name] = process.argv.slice(2);
if (name === undefined) await outlive();
else dieHalfway(name);

function dieHalfway(name: string): void {
  const segment = Segment.open(name, { role: "victim" });
  segment.open("mutex", Mutex).lock();
  segment.open("accounts", LatestTable, options).writer().write(0, { balance: TOTAL - 30 });
  process.kill(process.pid, "SIGKILL"); // before the 30 arrive at the other account
}

async function outlive(): Promise<void> {
  using segment = Segment.anonymous({ byteLength: 65536, role: "survivor" });
  const mutex = segment.create("mutex", Mutex, {});
  const accounts = segment.create("accounts", LatestTable, options);
  using first = accounts.writer();
  first.write(0, { balance: TOTAL });
  first.write(1, { balance: 0 });
  first.close(); // the next writer is the victim
  const [, signal] = await once(fork(process.argv[1], [segment.name]), "exit");

  const account = Account.alloc();
  using guard = mutex.acquire(); // releases the mutex at the end of the block
  const { ownerDied } = guard;
  if (ownerDied) {
    using writer = accounts.writer(); // a dead process's role is free, too
    accounts.read(0, account);
    writer.write(1, { balance: TOTAL - account.balance });
    mutex.markConsistent(); // otherwise no process could lock it again
  }
  accounts.read(1, account);
  console.log(`the owner died by ${signal}; reported: ${ownerDied}; the other account has ${account.balance}`);
}
