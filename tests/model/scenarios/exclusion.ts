import { Mutex } from "../../../lib/sync/mutex.ts";
import { RwLock } from "../../../lib/sync/rw_lock.ts";
import { Semaphore } from "../../../lib/sync/semaphore.ts";
import { SeqLock } from "../../../lib/sync/seq_lock.ts";
import { SpinLock } from "../../../lib/sync/spin_lock.ts";
import { TicketLock } from "../../../lib/sync/ticket_lock.ts";
import {
  enter,
  leave,
  must,
  type Scenario,
  share,
  type Shared,
  words,
} from "../../../support/explorer/inside/scenario.ts";

/** The methods of all locks that one process at a time can hold. */
interface Lock {
  tryLock(): boolean;
  lock(options?: { timeoutMs?: number }): boolean;
  unlock(): void;
  readonly ownerDied: boolean;
  markConsistent?(): void;
}

/** A kind of lock. */
interface Kind {
  readonly part: string;
  share(): Shared<Lock>;
  /** Preemptions while two lock twice. Defaults to 3: more for a lock of few steps, fewer for one of many. */
  readonly most?: number;
  /** Words that count up and are not reset. */
  readonly counters: readonly number[];
  /** Whether each attachment takes a cell at its first use. */
  readonly hasCells?: boolean;
  /** What must hold when all have unlocked, and no wait timed out. */
  rest?(words: Int32Array): boolean;
}

const LOCKS: readonly Kind[] = [
  { part: "Mutex", share: () => share(Mutex, {}), counters: [] },
  { part: "SpinLock", most: 4, share: () => share(SpinLock, {}), counters: [] },
  {
    part: "TicketLock",
    most: 2,
    share: () => share(TicketLock, { maxParticipants: 4 }),
    counters: [8, 9, 10, 66, 98, 130, 162],
    hasCells: true,
    rest: (words) => words[8] === words[9],
  },
  { part: "RwLock", share: () => share(RwLock, { maxParticipants: 4 }), counters: [8], hasCells: true },
  { part: "Semaphore", share: () => share(Semaphore, { permits: 1 }), counters: [8] },
  { part: "SeqLock", share: () => share(SeqLock, { payloadBytes: 8 }), counters: [] },
];

/** What a lock protects: two words that are the same, and a count of the deaths that were reported. */
const REPORTS = 2;

/** Changes both words, which only the holder may. */
function change(lock: Lock, data: Int32Array): void {
  enter("inside", "inside");
  const value = data[0], isSuspect = lock.ownerDied;
  must(data[1] === value || isSuspect, `the words differ from ${value}, and no death is reported`);
  data[0] = value + 1;
  data[1] = value + 1;
  if (isSuspect) {
    data[REPORTS]++;
    lock.markConsistent?.();
  }
  leave();
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

/** Attaches and locks once, so that the attachment has its cell where locks have cells. */
function warm(lock: Shared<Lock>, who: string): Lock {
  const own = lock.as(who);
  if (own.tryLock()) own.unlock();
  return own;
}

/** A late attachment can lock and unlock, whoever died; and each death was reported once at most. */
function comeLate(lock: Lock, data: Int32Array, dead: readonly string[]): void {
  must(lock.tryLock(), "a late attachment cannot lock");
  change(lock, data);
  lock.unlock();
  must(data[REPORTS] <= dead.length, `${data[REPORTS]} deaths are reported, and ${dead.length} died`);
}

function scenariosOf(kind: Kind): Scenario[] {
  const { part, counters, rest, most = 3 } = kind;
  return [
    {
      part,
      title: "two lock twice",
      settings: [{ preemptions: most }, { preemptions: 2, deaths: 1 }, {
        preemptions: 1,
        deaths: 2,
      }, {
        preemptions: 1,
        stops: 1,
      }],
      start() {
        const lock = kind.share(), data = words(3, "data"), [ann, bob] = ["ann", "bob"].map((who) => warm(lock, who));
        return {
          actors: { ann: often(ann, data, 2), bob: often(bob, data, 2) },
          check({ dead }) {
            if (dead.length === 0) {
              must(data[0] === 4, `a change was lost: ${data}`);
              lock.mustBeUnchanged(counters);
              must(rest?.(lock.words) ?? true, "it is not at rest");
            }
            comeLate(lock.as("eve"), data, dead);
          },
        };
      },
    },
    {
      part,
      title: "three lock once",
      settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
      start() {
        const lock = kind.share(), data = words(3, "data"), actors = ["ann", "bob", "cyd"];
        return {
          actors: Object.fromEntries(actors.map((who) => [who, often(warm(lock, who), data, 1)])),
          check({ dead }) {
            if (dead.length === 0) must(data[0] === 3, `a change was lost: ${data}`);
            comeLate(lock.as("eve"), data, dead);
          },
        };
      },
    },
    {
      part,
      title: "one locks, one tries to, one waits with a timeout",
      settings: [{ preemptions: kind.hasCells ? 1 : 2 }, { preemptions: 1, deaths: 1 }],
      start() {
        const lock = kind.share(),
          data = words(3, "data"),
          [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => warm(lock, who));
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
            comeLate(lock.as("eve"), data, dead);
          },
        };
      },
    },
    {
      part,
      title: "one unlocks, one waits, one waits with a timeout",
      settings: [{ preemptions: part === "TicketLock" ? 2 : 1 }],
      start() {
        const lock = kind.share(),
          data = words(3, "data"),
          [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => warm(lock, who));
        bob.tryLock();
        return {
          actors: {
            cyd() {
              if (!cyd.lock({ timeoutMs: 1 })) return;
              change(cyd, data);
              cyd.unlock();
            },
            ann: often(ann, data, 1),
            bob() {
              change(bob, data);
              bob.unlock();
            },
          },
          check: ({ dead }) => comeLate(lock.as("eve"), data, dead),
        };
      },
    },
    ...(kind.hasCells ? [firstUse(kind), once(kind)] : []),
    ...(part === "TicketLock"
      ? [unlocking(kind, "two try to lock", false), unlocking(kind, "one waits, one tries to lock", true)]
      : []),
  ];
}

/** The shortest scenario for two, for locks of many steps. */
function once(kind: Kind): Scenario {
  return {
    part: kind.part,
    title: "two lock once",
    settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
    start() {
      const lock = kind.share(), data = words(3, "data"), [ann, bob] = ["ann", "bob"].map((who) => warm(lock, who));
      return {
        actors: { ann: often(ann, data, 1), bob: often(bob, data, 1) },
        check({ dead }) {
          if (dead.length === 0) {
            must(data[0] === 2, `a change was lost: ${data}`);
            must(kind.rest?.(lock.words) ?? true, "it is not at rest");
          }
          comeLate(lock.as("eve"), data, dead);
        },
      };
    },
  };
}

/** The shortest scenario for three: the lock is held at first, and each has one round. */
function unlocking(kind: Kind, others: string, isAwaited: boolean): Scenario {
  return {
    part: kind.part,
    title: `one unlocks, ${others}`,
    settings: [{ preemptions: isAwaited ? 1 : 2 }, { preemptions: isAwaited ? 0 : 1, deaths: 1 }],
    start() {
      const lock = kind.share(),
        data = words(3, "data"),
        [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => warm(lock, who));
      bob.tryLock();
      const attempt = (own: Lock) => () => {
        if (!own.tryLock()) return;
        change(own, data);
        own.unlock();
      };
      return {
        actors: { bob: () => bob.unlock(), ann: isAwaited ? often(ann, data, 1) : attempt(ann), cyd: attempt(cyd) },
        check({ dead }) {
          if (dead.length === 0) must(kind.rest?.(lock.words) ?? true, "it is not at rest");
          comeLate(lock.as("eve"), data, dead);
        },
      };
    },
  };
}

/** For locks with cells: two take theirs at the same time, and one may take that of the other, which died. */
function firstUse(kind: Kind): Scenario {
  return {
    part: kind.part,
    title: "two use the lock for the first time",
    settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
    start() {
      const lock = kind.share(), data = words(3, "data");
      return {
        actors: { ann: often(lock.as("ann"), data, 1), bob: often(lock.as("bob"), data, 1) },
        check: ({ dead }) => comeLate(lock.as("eve"), data, dead),
      };
    },
  };
}

export const scenarios: readonly Scenario[] = LOCKS.flatMap(scenariosOf);
