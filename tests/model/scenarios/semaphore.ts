import { add } from "../../../lib/atomic/mod.ts";
import { Semaphore } from "../../../lib/sync/semaphore.ts";
import { enterAtMost, leave, must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Three share two permits: never more than two are inside. */
const three: Scenario = {
  part: "Semaphore",
  title: "three share two permits",
  settings: [{ preemptions: 3 }, { preemptions: 1, deaths: 1 }],
  start() {
    const permits = share(Semaphore, { permits: 2 }), uses = words(1, "uses");
    const use = (who: string) => {
      const own = permits.as(who);
      return () => {
        own.lock();
        enterAtMost(2, "inside");
        add(uses, 0, 1);
        leave();
        own.unlock();
      };
    };
    return {
      actors: Object.fromEntries(["ann", "bob", "cyd"].map((who) => [who, use(who)])),
      check({ dead }) {
        const eve = permits.as("eve");
        must(eve.tryLock() && eve.tryLock() && !eve.tryLock(), "all permits come back, and no more");
        eve.unlock();
        eve.unlock();
        if (dead.length === 0) permits.mustBeUnchanged([8]);
      },
    };
  },
};

/** An actor with both permits keeps the others out. */
const both: Scenario = {
  part: "Semaphore",
  title: "one takes both permits, one tries to lock, one waits with a timeout",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    const permits = share(Semaphore, { permits: 2 }),
      [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => permits.as(who));
    return {
      actors: {
        ann() {
          ann.lock();
          if (ann.lock({ timeoutMs: 1 })) ann.unlock();
          ann.unlock();
        },
        bob() {
          if (bob.tryLock()) bob.unlock();
        },
        cyd() {
          if (cyd.lock({ timeoutMs: 1 })) cyd.unlock();
        },
      },
      check({ dead }) {
        if (dead.length === 0) permits.mustBeUnchanged([8]);
        const eve = permits.as("eve");
        must(eve.tryLock() && eve.tryLock() && !eve.tryLock(), "all permits come back, and no more");
      },
    };
  },
};

export const scenarios: readonly Scenario[] = [three, both];
