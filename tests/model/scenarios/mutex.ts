import { Mutex } from "../../../lib/sync/mutex.ts";
import { enter, leave, require, scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

export const two = scenario({
  part: "Mutex",
  title: "two take it twice",
  settings: [{ preemptions: 3 }],
  start() {
    const attach = share(Mutex, {}), count = words(2, "count");
    const add = (mutex: Mutex) => () => {
      for (let round = 0; round < 2; round++) {
        mutex.lock();
        enter("inside", "inside");
        count[0]++;
        count[1]++;
        leave();
        if (mutex.ownerDied) mutex.markConsistent();
        mutex.unlock();
      }
    };
    return {
      actors: { ann: add(attach("ann")), bob: add(attach("bob")) },
      check({ dead }) {
        if (dead.length === 0) require(count[0] === 4 && count[1] === 4, `a write was lost: ${count}`);
      },
    };
  },
});
