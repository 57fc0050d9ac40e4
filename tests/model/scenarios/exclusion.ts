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

/** What all locks have that let in one at a time. */
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
  /** Preemptions while two take it twice; 3 unless given: a short lock has time for more, a long one for fewer. */
  readonly most?: number;
  /** Words that count on. */
  readonly counters: readonly number[];
  /** Whether each attachment takes a cell at its first use. */
  readonly hasCells?: boolean;
  /** What must be so when everybody has left, and nobody gave up. */
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

/** Changes both words, as nobody else may at that time. */
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

/** Attaches, and has its first use behind it: where each has a cell, it has taken its own. */
function warm(lock: Shared<Lock>, who: string): Lock {
  const own = lock.as(who);
  if (own.tryLock()) own.unlock();
  return own;
}

/** One that comes when all are gone gets in and out, whoever died; and every death was reported once at most. */
function comeLate(lock: Lock, data: Int32Array, dead: readonly string[]): void {
  must(lock.tryLock(), "who comes when all are gone cannot lock");
  change(lock, data);
  lock.unlock();
  must(data[REPORTS] <= dead.length, `${data[REPORTS]} deaths are reported, and ${dead.length} died`);
}

function scenariosOf(kind: Kind): Scenario[] {
  const { part, counters, rest, most = 3 } = kind;
  return [
    {
      part,
      title: "two take it twice",
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
      title: "three take it once",
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
      title: "one takes it, one tries, one waits a while",
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
      title: "one leaves, one waits, one waits a while",
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
      ? [givenBack(kind, "two try", false), givenBack(kind, "one waits, one tries", true)]
      : []),
  ];
}

/** Where a lock takes many steps: as short as it can be. */
function once(kind: Kind): Scenario {
  return {
    part: kind.part,
    title: "two take it once",
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

/** As short as three can be: the lock is held at first, and there is one round for each. */
function givenBack(kind: Kind, others: string, isAwaited: boolean): Scenario {
  return {
    part: kind.part,
    title: `one gives it back, ${others}`,
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

/** Where each has a cell: two take theirs at the same time, one perhaps that of the other, which died. */
function firstUse(kind: Kind): Scenario {
  return {
    part: kind.part,
    title: "two use it for the first time",
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
