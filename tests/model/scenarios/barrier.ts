import { OwnerDiedError } from "../../../lib/errors.ts";
import { Barrier } from "../../../lib/sync/barrier.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Each notes that it has arrived, and none leaves before all have. */
function meet(title: string, parties: number, rounds: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "Barrier",
    title,
    settings,
    start() {
      const barrier = share(Barrier, { parties }), arrived = words(parties, "arrived");
      const come = (i: number) => {
        const own = barrier.as(`party${i}`);
        return () => {
          for (let round = 1; round <= rounds; round++) {
            arrived[i] = round;
            must(own.wait(), "a wait without a limit ends when all have arrived");
            for (let other = 0; other < parties; other++) {
              must(arrived[other] >= round, `party${i} left before party${other} arrived`);
            }
          }
        };
      };
      const actors = Object.fromEntries(Array.from({ length: parties }, (_, i) => [`party${i}`, come(i)]));
      return { actors, check: () => must(barrier.as("eve").stats().rounds === rounds, "counts its rounds") };
    },
  };
}

/** A death is reported to the others, which continue when another party has arrived. */
function mourning(title: string, isReplaced: boolean, settings: Scenario["settings"]): Scenario {
  return {
    part: "Barrier",
    title,
    settings,
    start() {
      const barrier = share(Barrier, { parties: 2 }), reported = words(2, "reported");
      const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => barrier.as(who));
      const comeAlone = (own: Barrier) => () => {
        try {
          own.wait({ timeoutMs: 1 });
        } catch (error) {
          must(error instanceof OwnerDiedError, `refused: ${error}`);
          reported[0] = 1;
        }
      };
      const takePlace = () => {
        if (reported[0] === 0) return;
        try {
          cyd.wait({ timeoutMs: 1 });
          reported[1] = 1;
        } catch (error) {
          must(error instanceof OwnerDiedError, `refused: ${error}`); // the other party has died too
        }
      };
      return {
        actors: {
          ann: comeAlone(ann),
          bob: comeAlone(bob),
          ...isReplaced ? { cyd: takePlace } : {},
        },
        check: ({ dead }) => must(dead.length > 0 || reported[0] === 0, "a death is reported, and none died"),
      };
    },
  };
}

/** An arrival counts although its wait has timed out. */
const impatient: Scenario = {
  part: "Barrier",
  title: "one arrives, times out, and waits again",
  settings: [{ preemptions: 2 }],
  start() {
    const barrier = share(Barrier, { parties: 2 }),
      arrived = words(2, "arrived"),
      [ann, bob] = ["ann", "bob"].map((who) => barrier.as(who));
    return {
      actors: {
        ann() {
          for (let round = 1; round <= 2; round++) {
            arrived[0] = round;
            while (!ann.wait({ timeoutMs: 1 }));
            must(arrived[1] >= round, "ann left before bob arrived");
          }
        },
        bob() {
          for (let round = 1; round <= 2; round++) {
            arrived[1] = round;
            bob.wait();
            must(arrived[0] >= round, "bob left before ann arrived");
          }
        },
      },
    };
  },
};

export const scenarios: readonly Scenario[] = [
  meet("two meet twice", 2, 2, [{ preemptions: 2 }, { preemptions: 1, stops: 1 }]),
  meet("three meet once", 3, 1, [{ preemptions: 1 }]),
  meet("two meet once", 2, 1, [{ preemptions: 2 }, { preemptions: 1, stops: 1 }]),
  mourning("one of two dies, and another takes its place", true, [{ preemptions: 1, deaths: 1 }]),
  mourning("one of two dies, and the other gets an error", false, [{ preemptions: 1, deaths: 1 }]),
  impatient,
];
