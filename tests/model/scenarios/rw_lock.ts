import { RwLock } from "../../../lib/sync/rw_lock.ts";
import { enter, leave, must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Reads both words, which are alike unless a death is reported. */
function readData(lock: RwLock, data: Int32Array): number {
  const a = data[0];
  must(data[1] === a || lock.ownerDied, `the words are ${a} and ${data[1]}, and no death is reported`);
  return a;
}

function write(lock: RwLock, data: Int32Array): void {
  enter("writing", "writing", "reading");
  const value = readData(lock, data) + 1;
  data[0] = value;
  data[1] = value;
  leave();
  lock.unlock();
}

function read(lock: RwLock, data: Int32Array): void {
  enter("reading", "writing");
  readData(lock, data);
  leave();
  lock.unlockRead();
}

/** Writers, readers that wait, readers that try, and readers with a timeout. */
interface Cast {
  writers: number;
  rounds?: number;
  readers?: number;
  triers?: number;
  impatient?: number;
}

function make(
  title: string,
  { writers, rounds = 1, readers = 0, triers = 0, impatient = 0 }: Cast,
  settings: Scenario["settings"],
): Scenario {
  return {
    part: "RwLock",
    title,
    settings,
    start() {
      const lock = share(RwLock, { maxParticipants: 5 }),
        data = words(2, "data"),
        actors: Record<string, () => void> = {};
      const add = (count: number, name: string, act: (own: RwLock) => void) => {
        for (let i = 0; i < count; i++) {
          const own = lock.as(`${name}${i}`);
          if (own.tryLock()) own.unlock(); // takes its cell
          actors[`${name}${i}`] = () => act(own);
        }
      };
      add(writers, "writer", (own) => {
        for (let round = 0; round < rounds; round++) {
          own.lock();
          write(own, data);
        }
      });
      add(readers, "reader", (own) => {
        own.lockRead();
        read(own, data);
      });
      add(triers, "trier", (own) => {
        if (own.tryLockRead()) read(own, data);
      });
      add(impatient, "impatient", (own) => {
        if (own.lockRead({ timeoutMs: 1 })) read(own, data);
      });
      return {
        actors,
        check({ dead }) {
          if (dead.length === 0) {
            must(data[0] === writers * rounds, `a change was lost: ${data}`);
            lock.mustBeUnchanged([8]);
          }
          const eve = lock.as("eve");
          must(eve.tryLock(), "a late attachment cannot write");
          write(eve, data);
          must(eve.tryLockRead(), "a late attachment cannot read");
          must(!eve.ownerDied, "suspect after a writer has unlocked");
          read(eve, data);
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  make("a writer, a reader, and a reader that tries", { writers: 1, rounds: 2, readers: 1, triers: 1 }, [{
    preemptions: 2,
  }, {
    preemptions: 1,
    deaths: 1,
  }]),
  make("two writers and a reader that tries", { writers: 2, triers: 1 }, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }]),
  make("a writer and a reader", { writers: 1, rounds: 2, readers: 1 }, [
    { preemptions: 4 },
    { preemptions: 2, deaths: 1 },
    { preemptions: 1, deaths: 2 },
    { preemptions: 2, stops: 1 },
  ]),
  make("a writer and two readers", { writers: 1, readers: 2 }, [{ preemptions: 2 }]),
  make("a writer, a reader, and a reader with a timeout", { writers: 1, readers: 1, impatient: 1 }, [{
    preemptions: 2,
  }]),
];
