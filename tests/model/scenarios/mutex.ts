import { OwnerDiedError } from "../../../lib/errors.ts";
import { Mutex } from "../../../lib/sync/mutex.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Whether a mutex that broke is reported as broken, to everybody and for good. */
export const broken: Scenario = {
  part: "Mutex",
  title: "an owner dies and the next one does not repair",
  settings: [{ preemptions: 2, deaths: 1 }, { preemptions: 1, deaths: 2 }],
  start() {
    const mutex = share(Mutex, {}), state = words(2, "state");
    const [BROKEN, REFUSED] = [0, 1];
    const use = (who: string) => {
      const own = mutex.as(who);
      return () => {
        try {
          own.lock();
          if (own.ownerDied) state[BROKEN] = 1;
          own.unlock();
        } catch (error) {
          if (!(error instanceof OwnerDiedError)) throw error;
          must(state[BROKEN] === 1, "refused as broken, and nobody broke it");
          state[REFUSED] = 1;
        }
      };
    };
    return {
      actors: { ann: use("ann"), bob: use("bob"), cyd: use("cyd") },
      check({ dead }) {
        must(dead.length > 0 || state[BROKEN] === 0, "broken, and nobody died");
        const eve = mutex.as("eve");
        try {
          must(eve.tryLock(), "free, broken or a dead one's");
          must(state[REFUSED] === 0 || eve.ownerDied, "broken for good");
        } catch (error) {
          must(error instanceof OwnerDiedError && state[BROKEN] === 1, `refused: ${error}`);
        }
      },
    };
  },
};
