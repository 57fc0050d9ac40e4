import { Once } from "../../../lib/sync/once.ts";
import { enter, leave, must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

const [BEGUN, DONE] = [0, 1];

function many(title: string, count: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "Once",
    title,
    settings,
    start() {
      const once = share(Once, {}), runs = words(2, "runs");
      const run = (who: string) => {
        const own = once.as(who);
        return () => {
          own.run((ownerDied) => {
            enter("running", "running");
            must(runs[BEGUN] === 0 || ownerDied, "run twice, and no death is reported");
            runs[BEGUN]++;
            runs[DONE]++;
            leave();
          });
          must(runs[DONE] >= 1, "it returns before the function has run");
        };
      };
      const actors = Object.fromEntries(["ann", "bob", "cyd"].slice(0, count).map((who) => [who, run(who)]));
      return {
        actors,
        check({ dead }) {
          must(runs[DONE] === 1 || dead.length > 0, `run ${runs[DONE]} times`);
          must(dead.length === count || once.as("eve").isDone, "it stays done");
        },
      };
    },
  };
}

const throwing: Scenario = {
  part: "Once",
  title: "the first call throws, the others run it again, one with a timeout",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    const once = share(Once, {}),
      runs = words(2, "runs"),
      [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => once.as(who));
    const work = () => {
      if (runs[BEGUN]++ === 0) throw new RangeError("not this time");
      runs[DONE]++;
    };
    const run = (own: Once) => () => {
      try {
        own.run(work);
      } catch (error) {
        must(error instanceof RangeError, `throws ${error}`);
      }
    };
    return {
      actors: {
        ann: run(ann),
        bob: run(bob),
        cyd() {
          try {
            if (!cyd.run(work, { timeoutMs: 1 })) return;
            must(runs[DONE] >= 1, "it returns true before the function has run");
          } catch (error) {
            must(error instanceof RangeError, `throws ${error}`);
          }
        },
      },
      check: ({ dead }) => must(dead.length > 0 || runs[DONE] === 1, `done ${runs[DONE]} times`),
    };
  },
};

export const scenarios: readonly Scenario[] = [
  many("two run the function", 2, [{ preemptions: 4 }, { preemptions: 3, deaths: 1 }, { preemptions: 2, stops: 1 }]),
  many("three run the function", 3, [{ preemptions: 2 }, { preemptions: 1, deaths: 2 }]),
  throwing,
];
