import { OwnerDiedError } from "../../../lib/errors.ts";
import { Mutex } from "../../../lib/sync/mutex.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** A mutex that broke is reported as broken to all, and stays broken. */
export const broken: Scenario = {
  part: "Mutex",
  title: "an owner dies and the next one does not repair",
  settings: [{ preemptions: 1, deaths: 1 }, { preemptions: 0, deaths: 2 }],
  start() {
    const mutex = share(Mutex, {}), state = words(2, "state");
    const [UNREPAIRED, LEFT] = [0, 1];
    const use = (who: string) => {
      const own = mutex.as(who);
      return () => {
        const isBroken = state[LEFT] === 1;
        try {
          own.lock();
          must(!isBroken, "locked although it was broken before");
          const isSuspect = own.ownerDied;
          if (isSuspect) state[UNREPAIRED] = 1;
          own.unlock();
          if (isSuspect) state[LEFT] = 1;
        } catch (error) {
          if (!(error instanceof OwnerDiedError)) throw error;
          must(state[UNREPAIRED] === 1, "refused as broken, and none broke it");
        }
      };
    };
    return {
      actors: { ann: use("ann"), bob: use("bob"), cyd: use("cyd") },
      check({ dead }) {
        const eve = mutex.as("eve");
        must(dead.length > 0 || state[UNREPAIRED] === 0, "a death is reported, and none died");
        try {
          must(eve.tryLock(), "the mutex is free, or its owner is dead");
          must(state[LEFT] === 0, "the mutex stays broken");
        } catch (error) {
          must(error instanceof OwnerDiedError && state[UNREPAIRED] === 1, `refused: ${error}`);
        }
      },
    };
  },
};
