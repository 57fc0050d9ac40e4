import { Mutex } from "../../../lib/sync/mutex.ts";
import { RwLock } from "../../../lib/sync/rw_lock.ts";
import { Semaphore } from "../../../lib/sync/semaphore.ts";
import { SeqLock } from "../../../lib/sync/seq_lock.ts";
import { SpinLock } from "../../../lib/sync/spin_lock.ts";
import { TicketLock } from "../../../lib/sync/ticket_lock.ts";
import { DIES, History, type Specification } from "../../../support/explorer/inside/history.ts";
import { type Scenario, share, type Shared } from "../../../support/explorer/inside/scenario.ts";

/** The holders of the taken permits, once for each permit. A dead holder's can be taken over. */
interface Held {
  readonly by: readonly number[];
  readonly dead: readonly number[];
}

/**
 * A semaphore; a lock is one with a single permit.
 *
 * @param isShy Whether a try is also refused while another's call is in progress, as if that one held the lock.
 * @param by The holders at first.
 */
function permitsOf(total: number, isShy = false, by: readonly number[] = []): Specification<Held> {
  return {
    initial: { by, dead: [] },
    apply({ by, dead }, { actor, name, result }, overlapping) {
      if (name === DIES) return { by, dead: [...dead, actor] };
      const at = by.indexOf(actor);
      if (name === "unlock") return at === -1 ? undefined : { by: by.toSpliced(at, 1), dead };
      const alive = by.filter((one) => !dead.includes(one));
      if (result === false) {
        const meets = isShy && overlapping.some((one) => one.name !== DIES && !dead.includes(one.actor));
        return alive.length === total || meets ? { by, dead } : undefined;
      }
      return alive.length < total ? { by: [...(by.length < total ? by : alive), actor], dead } : undefined;
    },
  };
}

/** The methods of all locks. */
interface Lock {
  tryLock(): boolean;
  lock(): boolean;
  unlock(): void;
  readonly ownerDied: boolean;
  markConsistent?(): void;
}

const PARTS: readonly [part: string, permits: number, share: () => Shared<Lock>][] = [
  ["Mutex", 1, () => share(Mutex, {})],
  ["SpinLock", 1, () => share(SpinLock, {})],
  ["TicketLock", 1, () => share(TicketLock, { maxParticipants: 3 })],
  ["Semaphore", 2, () => share(Semaphore, { permits: 2 })],
];

const exclusion = PARTS.map(([part, permits, share]): Scenario => ({
  part,
  title: "a history of lock, tryLock and unlock",
  settings: part === "TicketLock"
    ? [{ preemptions: 1 }]
    : [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const lock = share(), history = new History(permitsOf(permits, part === "TicketLock"));
    const act = (who: string, ways: readonly ("lock" | "tryLock")[]) => {
      const own = lock.as(who);
      if (own.tryLock()) own.unlock(); // takes its cell
      return () => {
        for (const way of ways) {
          if (!history.call(way, [], () => way === "lock" ? own.lock() : own.tryLock())) continue;
          if (own.ownerDied) own.markConsistent?.();
          history.call("unlock", [], () => own.unlock());
        }
      };
    };
    return {
      actors: {
        ann: act("ann", ["lock", "tryLock"]),
        bob: act("bob", ["tryLock", "lock"]),
        cyd: act("cyd", ["tryLock"]),
      },
    };
  },
}));

/** The same for a lock of many steps, as short as three can be: the first one holds it at first. */
const unlocking: Scenario = {
  part: "TicketLock",
  title: "a short history of unlock, lock and tryLock",
  settings: [{ preemptions: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const lock = share(TicketLock, { maxParticipants: 3 }), history = new History(permitsOf(1, true, [0]));
    const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => lock.as(who));
    for (const own of [cyd, bob, ann]) if (own.tryLock() && own !== ann) own.unlock(); // takes its cell
    return {
      actors: {
        ann: () => void history.call("unlock", [], () => ann.unlock()),
        bob() {
          history.call("lock", [], () => bob.lock());
          history.call("unlock", [], () => bob.unlock());
        },
        cyd() {
          if (history.call("tryLock", [], () => cyd.tryLock())) history.call("unlock", [], () => cyd.unlock());
        },
      },
    };
  },
};

/** The readers and the writer inside. */
interface Inside {
  readonly readers: readonly number[];
  readonly writer: number | undefined;
}

const readWrite: Specification<Inside> = {
  initial: { readers: [], writer: undefined },
  apply({ readers, writer }, { actor, name, result }, overlapping) {
    switch (name) {
      case "unlock":
        return writer === actor ? { readers, writer: undefined } : undefined;
      case "unlockRead":
        return readers.includes(actor) ? { readers: readers.filter((one) => one !== actor), writer } : undefined;
      case "lockRead":
        // Also refused while a writer waits, or tries.
        if (result === false) {
          return writer !== undefined || overlapping.some((one) => /^(tryL|l)ock$/.test(one.name))
            ? { readers, writer }
            : undefined;
        }
        return writer === undefined ? { readers: [...readers, actor], writer } : undefined;
      default:
        // Also refused while a reader that will be refused has not left yet.
        if (result === false) {
          const isBusy = writer !== undefined || readers.length > 0;
          return isBusy || overlapping.some((one) => one.name === "lockRead") ? { readers, writer } : undefined;
        }
        return writer === undefined && readers.length === 0 ? { readers, writer: actor } : undefined;
    }
  },
};

const readWriting: Scenario = {
  part: "RwLock",
  title: "a history of reading, writing, and trying both",
  settings: [{ preemptions: 2 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const lock = share(RwLock, { maxParticipants: 3 }), history = new History(readWrite);
    const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => lock.as(who));
    for (const own of [ann, bob, cyd]) if (own.tryLock()) own.unlock(); // takes its cell
    return {
      actors: {
        ann() {
          if (history.call("lock", [], () => ann.lock())) history.call("unlock", [], () => ann.unlock());
          if (history.call("tryLock", [], () => ann.tryLock())) history.call("unlock", [], () => ann.unlock());
        },
        bob() {
          if (history.call("lockRead", [], () => bob.tryLockRead())) {
            history.call("unlockRead", [], () => bob.unlockRead());
          }
          if (history.call("lockRead", [], () => bob.lockRead())) {
            history.call("unlockRead", [], () => bob.unlockRead());
          }
        },
        cyd() {
          if (history.call("lockRead", [], () => cyd.tryLockRead())) {
            history.call("unlockRead", [], () => cyd.unlockRead());
          }
        },
      },
    };
  },
};

/** A register: a read returns the last value written. */
const register: Specification<number> = {
  initial: 0,
  apply(value, { name, args, result }) {
    if (name === "write") return args[0] as number;
    return result === value ? value : undefined;
  },
};

const registering: Scenario = {
  part: "SeqLock",
  title: "a history of reading and writing",
  settings: [{ preemptions: 2 }, { preemptions: 2, memory: "x86", delays: 1 }, {
    preemptions: 1,
    memory: "arm64",
    delays: 1,
  }],
  start() {
    const record = share(SeqLock, { payloadBytes: 8 }), history = new History(register);
    const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => record.as(who));
    const write = (own: SeqLock, value: number) =>
      history.call("write", [value], () => {
        own.lock();
        own.beginWrite().i32[0] = value;
        own.endWrite();
        own.unlock();
      });
    const read = (own: SeqLock) => history.call("read", [], () => own.read(({ i32 }) => i32[0]));
    return {
      actors: {
        ann() {
          write(ann, 1);
          write(ann, 2);
        },
        bob() {
          read(bob);
          read(bob);
        },
        cyd() {
          read(cyd);
        },
      },
    };
  },
};

export const scenarios: readonly Scenario[] = [...exclusion, unlocking, readWriting, registering];
