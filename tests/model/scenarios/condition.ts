import { Condition } from "../../../lib/sync/condition.ts";
import { Mutex } from "../../../lib/sync/mutex.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Waiters take what a producer lays down, each one thing. */
function supply(title: string, waiters: number, isBroadcast: boolean, settings: Scenario["settings"]): Scenario {
  return {
    part: "Condition",
    title,
    settings,
    start() {
      const mutex = share(Mutex, {}), condition = share(Condition, {}), stock = words(1, "stock");
      const take = (who: string) => {
        const own = mutex.as(who), filled = condition.as(who);
        return () => {
          own.lock();
          if (own.ownerDied) own.markConsistent();
          while (stock[0] === 0) {
            filled.wait(own);
            if (own.ownerDied) own.markConsistent();
          }
          stock[0]--;
          own.unlock();
        };
      };
      const own = mutex.as("producer"), filled = condition.as("producer");
      const actors: Record<string, () => void> = {};
      for (let i = 0; i < waiters; i++) actors[`taker${i}`] = take(`taker${i}`);
      actors.producer = () => {
        for (let i = 0; i < (isBroadcast ? 1 : waiters); i++) {
          own.lock();
          if (own.ownerDied) own.markConsistent();
          stock[0] += isBroadcast ? waiters : 1;
          if (isBroadcast) filled.broadcast();
          else filled.signal();
          own.unlock();
        }
      };
      return {
        actors,
        // Who would have signalled is dead: nobody promises that somebody else does.
        mayWaitForEver: ({ dead }) => dead.includes("producer"),
        check: ({ dead }) => must(dead.length > 0 || stock[0] === 0, `${stock[0]} left`),
      };
    },
  };
}

/** One signal for all: if the one that it woke dies, the others look for themselves. */
function chain(title: string, waiters: readonly string[], settings: Scenario["settings"]): Scenario {
  return {
    part: "Condition",
    title,
    settings,
    start() {
      const mutex = share(Mutex, {}), condition = share(Condition, {}), ready = words(1, "ready");
      const act = (who: string, isFirst: boolean) => {
        const own = mutex.as(who), changed = condition.as(who);
        return () => {
          own.lock();
          if (own.ownerDied) own.markConsistent();
          if (isFirst) ready[0] = 1;
          while (ready[0] === 0) {
            changed.wait(own);
            if (own.ownerDied) own.markConsistent();
          }
          changed.signal();
          own.unlock();
        };
      };
      const actors = Object.fromEntries(waiters.map((who) => [who, act(who, false)]));
      return {
        actors: { ...actors, first: act("first", true) },
        mayWaitForEver: ({ dead }) => dead.includes("first"),
      };
    },
  };
}

/** One that gives up is not owed a signal. */
const impatient: Scenario = {
  part: "Condition",
  title: "one waits, one waits a while, and there is one signal",
  settings: [{ preemptions: 2 }],
  start() {
    const mutex = share(Mutex, {}), condition = share(Condition, {}), stock = words(1, "stock");
    const wait = (who: string, timeoutMs: number | undefined) => {
      const own = mutex.as(who), filled = condition.as(who);
      return () => {
        own.lock();
        while (stock[0] === 0) if (!filled.wait(own, { timeoutMs })) break;
        must(stock[0] === 1 || timeoutMs !== undefined, "who waits for ever has it");
        own.unlock();
      };
    };
    const own = mutex.as("cyd"), filled = condition.as("cyd");
    return {
      actors: {
        ann: wait("ann", undefined),
        bob: wait("bob", 1),
        cyd() {
          own.lock();
          stock[0] = 1;
          own.unlock();
          filled.signal();
          filled.signal();
        },
      },
      check: () => {
        mutex.mustBeUnchanged();
        condition.mustBeUnchanged([8, 9]); // its event count, and that there were more waiters than places
      },
    };
  },
};

/** As short as it can be: one holds the mutex at first, and gives it up to wait. */
function short(title: string, timeoutMs: number | undefined, settings: Scenario["settings"]): Scenario {
  return {
    part: "Condition",
    title,
    settings,
    start() {
      const mutex = share(Mutex, {}), condition = share(Condition, {}), ready = words(1, "ready");
      const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => mutex.as(who));
      const changed = condition.as("ann"), changedByBob = condition.as("bob");
      ann.lock();
      let isGivenUp = false;
      return {
        actors: {
          ann() {
            while (ready[0] === 0 && !isGivenUp) {
              isGivenUp = !changed.wait(ann, { timeoutMs });
              if (ann.ownerDied) ann.markConsistent();
            }
            ann.unlock();
          },
          bob() {
            bob.lock();
            if (bob.ownerDied) bob.markConsistent();
            ready[0] = 1;
            changedByBob.signal();
            bob.unlock();
          },
          cyd() {
            if (!cyd.tryLock()) return;
            if (cyd.ownerDied) cyd.markConsistent();
            cyd.unlock();
          },
        },
        mayWaitForEver: ({ dead }) => dead.includes("bob"),
        check({ dead }) {
          must(!isGivenUp || timeoutMs !== undefined, "who waits for ever does not give up");
          const eve = mutex.as("eve");
          must(eve.tryLock(), "who comes when all are gone cannot lock");
          must(eve.ownerDied === false || dead.length > 0, "a death is reported, and nobody died");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  short("one waits, one wakes it, one tries the mutex", undefined, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }, { preemptions: 1, stops: 1 }]),
  short("one waits a while, one wakes it, one tries the mutex", 1, [{ preemptions: 1 }, {
    preemptions: 0,
    deaths: 1,
  }]),
  supply("one waits for one thing", 1, false, [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, {
    preemptions: 2,
    stops: 1,
  }]),
  supply("two wait, each for a thing", 2, false, [{ preemptions: 1 }]),
  supply("two wait, and both are woken", 2, true, [{ preemptions: 1 }]),
  chain("two wait, and the one that is woken wakes the other", ["ann", "bob"], [{ preemptions: 1 }, {
    preemptions: 0,
    deaths: 1,
  }]),
  // There are places for two in the list of those that wait: see `shortened.ts`.
  chain("three wait, and each that is woken wakes the next", ["ann", "bob", "cyd"], [{ preemptions: 0, deaths: 1 }]),
  impatient,
];
