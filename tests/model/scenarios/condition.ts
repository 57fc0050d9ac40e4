import { Condition } from "../../../lib/sync/condition.ts";
import { Mutex } from "../../../lib/sync/mutex.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Each waiter takes one of the items that a producer adds. */
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
        // A dead producer does not signal, and nothing promises that another process does.
        mayWaitForEver: ({ dead }) => dead.includes("producer"),
        check: ({ dead }) => must(dead.length > 0 || stock[0] === 0, `${stock[0]} left`),
      };
    },
  };
}

/** One signal for all: if the waiter that it woke dies, the others check by themselves. */
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

/** A waiter that timed out takes no signal from the others. */
const impatient: Scenario = {
  part: "Condition",
  title: "one waits, one waits with a timeout, and one signals",
  settings: [{ preemptions: 2 }],
  start() {
    const mutex = share(Mutex, {}), condition = share(Condition, {}), stock = words(1, "stock");
    const wait = (who: string, timeoutMs: number | undefined) => {
      const own = mutex.as(who), filled = condition.as(who);
      return () => {
        own.lock();
        while (stock[0] === 0) if (!filled.wait(own, { timeoutMs })) break;
        must(stock[0] === 1 || timeoutMs !== undefined, "a wait without a timeout ended without the item");
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
        condition.mustBeUnchanged([8, 9]); // its event count, and whether there were more waiters than places
      },
    };
  },
};

/** The shortest scenario: one holds the mutex at first, and waits. */
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
      let hasTimedOut = false;
      return {
        actors: {
          ann() {
            while (ready[0] === 0 && !hasTimedOut) {
              hasTimedOut = !changed.wait(ann, { timeoutMs });
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
          must(!hasTimedOut || timeoutMs !== undefined, "a wait without a timeout timed out");
          const eve = mutex.as("eve");
          must(eve.tryLock(), "a late attachment cannot lock");
          must(eve.ownerDied === false || dead.length > 0, "a death is reported, and none died");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  short("one waits, one signals, one tries the mutex", undefined, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }, { preemptions: 1, stops: 1 }]),
  short("one waits with a timeout, one signals, one tries the mutex", 1, [{ preemptions: 1 }, {
    preemptions: 0,
    deaths: 1,
  }]),
  supply("one waits for one item", 1, false, [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, {
    preemptions: 2,
    stops: 1,
  }]),
  supply("two wait, each for an item", 2, false, [{ preemptions: 1 }]),
  supply("two wait, and a broadcast wakes both", 2, true, [{ preemptions: 1 }]),
  chain("two wait, and the first to wake signals the other", ["ann", "bob"], [{ preemptions: 1 }, {
    preemptions: 0,
    deaths: 1,
  }]),
  // The list of waiters has places for two: see `shortened.ts`.
  chain("three wait, and each signals the next", ["ann", "bob", "cyd"], [{ preemptions: 0, deaths: 1 }]),
  impatient,
];
