import { Role } from "../../../lib/memory/role.ts";
import type { SharedType } from "../../../lib/memory/shared_type.ts";
import { enter, leave, must, type Scenario, share, type Start } from "../../../support/explorer/inside/scenario.ts";

/** A role alone in its memory. */
const ROLE = {
  kind: "Role",
  byteLength: () => 8,
  init() {},
  attach: (region) => new Role("the writer", region, 0),
} as SharedType<Record<never, never>, Role>;

/** One at a time has the role; while it is taken, others are refused at once; a dead holder's can be taken over. */
function taking(title: string, isHeld: boolean, settings: Scenario["settings"]): Scenario {
  return { part: "Role", title, settings, start: () => start(isHeld) };
}

function start(isHeld: boolean): Start {
  const role = share(ROLE, {}), ann = role.as("ann");
  if (isHeld) ann.acquire();
  let takenOver = 0;
  const act = (own: Role) => () => {
    for (let i = 0; i < 2; i++) {
      try {
        if (own.acquire()) takenOver++;
      } catch (error) {
        must((error as Error).name === "RoleTakenError", `${error}`);
        continue;
      }
      enter("it", "it");
      leave();
      own.release();
    }
  };
  const bob = act(role.as("bob")), cyd = act(role.as("cyd"));
  return {
    actors: isHeld ? { ann: () => ann.release(), bob, cyd } : { bob, cyd },
    neverHeldUp: ["ann", "bob", "cyd"],
    check({ dead }) {
      must(takenOver <= dead.length, `taken over ${takenOver} times, and ${dead} died`);
      must(dead.length > 0 || role.words[0] === 0, "all have released it, and it is not free");
      const eve = role.as("eve");
      eve.acquire();
      must(eve.holder === role.words[0], "a late attachment cannot acquire it");
    },
  };
}

export const scenarios: readonly Scenario[] = [
  taking("two try to acquire it twice", false, [{ preemptions: 4 }, { preemptions: 2, deaths: 1 }]),
  taking("one releases it, two try to acquire it twice", true, [
    { preemptions: 3 },
    { preemptions: 2, deaths: 1 },
    { preemptions: 1, deaths: 2 },
    { preemptions: 1, stops: 1 },
  ]),
];
