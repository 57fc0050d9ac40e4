import { Mutex } from "../../../lib/sync/mutex.ts";
import { RwLock } from "../../../lib/sync/rw_lock.ts";
import { Semaphore } from "../../../lib/sync/semaphore.ts";
import { SeqLock } from "../../../lib/sync/seq_lock.ts";
import { SpinLock } from "../../../lib/sync/spin_lock.ts";
import { TicketLock } from "../../../lib/sync/ticket_lock.ts";
import { enter, leave, must, type Scenario, type Shared, share, words } from "../../../support/explorer/inside/scenario.ts";

/** What all locks have that let in one at a time. */
interface Lock {
  tryLock(): boolean;
  lock(options?: { timeoutMs?: number }): boolean;
  unlock(): void;
  readonly ownerDied: boolean;
  markConsistent?(): void;
}

/** Each with the words that count on. */
const LOCKS: readonly { part: string; share: () => Shared<Lock>; counters: readonly number[] }[] = [
  { part: "Mutex", share: () => share(Mutex, {}), counters: [] },
  { part: "SpinLock", share: () => share(SpinLock, {}), counters: [] },
  { part: "TicketLock", share: () => share(TicketLock, { maxParticipants: 4 }), counters: [8, 9, 10, 66, 98, 130, 162] },
  { part: "RwLock", share: () => share(RwLock, { maxParticipants: 4 }), counters: [8] },
  { part: "Semaphore", share: () => share(Semaphore, { permits: 1 }), counters: [8] },
  { part: "SeqLock", share: () => share(SeqLock, { payloadBytes: 8 }), counters: [] },
];

/** Changes both words, as nobody else may at that time. */
function change(lock: Lock, data: Int32Array): void {
  enter("inside", "inside");
  const value = data[0];
  must(data[1] === value || lock.ownerDied, `the words are ${value} and ${data[1]}, and no death is reported`);
  data[0] = value + 1;
  data[1] = value + 1;
  leave();
  if (lock.ownerDied) lock.markConsistent?.();
}

function often(lock: Lock, data: Int32Array, rounds: number): () => void {
  return () => {
    for (let round = 0; round < rounds; round++) {
      lock.lock();
      change(lock, data);
      lock.unlock();
    }
  };
}

/** One that comes when all are gone gets in and out, whoever died. */
function comeLate(lock: Lock, data: Int32Array): void {
  must(lock.tryLock(), "who comes when all are gone cannot lock");
  change(lock, data);
  lock.unlock();
}

function scenariosOf({ part, share, counters }: (typeof LOCKS)[number]): Scenario[] {
  return [
    {
      part,
      title: "two take it twice",
      settings: [{ preemptions: 4 }, { preemptions: 2, deaths: 1 }, { preemptions: 1, deaths: 2 }, { preemptions: 2, stops: 1 }],
      start() {
        const lock = share(), data = words(2, "data");
        return {
          actors: { ann: often(lock.as("ann"), data, 2), bob: often(lock.as("bob"), data, 2) },
          check({ dead }) {
            if (dead.length === 0) must(data[0] === 4, `a change was lost: ${data}`);
            comeLate(lock.as("eve"), data);
          },
        };
      },
    },
    {
      part,
      title: "three take it once",
      settings: [{ preemptions: 3 }, { preemptions: 1, deaths: 1 }],
      start() {
        const lock = share(), data = words(2, "data");
        return {
          actors: { ann: often(lock.as("ann"), data, 1), bob: often(lock.as("bob"), data, 1), cyd: often(lock.as("cyd"), data, 1) },
          check({ dead }) {
            if (dead.length === 0) must(data[0] === 3, `a change was lost: ${data}`);
            comeLate(lock.as("eve"), data);
          },
        };
      },
    },
    {
      part,
      title: "one takes it, one tries, one waits a while",
      settings: [{ preemptions: 3 }, { preemptions: 1, deaths: 1 }],
      start() {
        const lock = share(), data = words(2, "data"), [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => lock.as(who));
        for (const one of [ann, bob, cyd]) if (one.tryLock()) one.unlock(); // takes its cell
        return {
          actors: {
            ann: often(ann, data, 1),
            bob() {
              if (!bob.tryLock()) return;
              change(bob, data);
              bob.unlock();
            },
            cyd() {
              if (!cyd.lock({ timeoutMs: 1 })) return;
              change(cyd, data);
              cyd.unlock();
            },
          },
          check({ dead }) {
            if (dead.length === 0) lock.mustBeUnchanged(counters);
            comeLate(lock.as("eve"), data);
          },
        };
      },
    },
  ];
}

export const scenarios: readonly Scenario[] = LOCKS.flatMap(scenariosOf);
