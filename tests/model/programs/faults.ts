import { load, store } from "../../../lib/atomic/mod.ts";
import { Mutex } from "../../../lib/sync/mutex.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

/** Makes a scenario that goes wrong, each in its own way. */
function fault(title: string, start: Scenario["start"]): Scenario {
  return { part: "fault", title, settings: [], start };
}

let starts = 0;

export const scenarios: readonly Scenario[] = [
  fault("a lost count", () => {
    const count = words(1, "count"),
      increase = () => {
        count[0]++;
      };
    return {
      actors: { ann: increase, bob: increase, cyd: increase },
      check: () => must(count[0] === 3, `counted ${count[0]}`),
    };
  }),
  fault("a double that another changes by half", () => {
    const halves = words(2, "halves"), double = new Float64Array(halves.buffer, halves.byteOffset, 1);
    return {
      actors: {
        ann() {
          const first = double[0];
          must(double[0] === first, "it has changed");
        },
        bob() {
          halves[1] = 1;
        },
      },
    };
  }),
  fault("a deadlock", () => {
    const one = share(Mutex, {}), other = share(Mutex, {});
    const both = (first: Mutex, second: Mutex) => () => {
      first.lock();
      second.lock();
      second.unlock();
      first.unlock();
    };
    return { actors: { ann: both(one.as("ann"), other.as("ann")), bob: both(other.as("bob"), one.as("bob")) } };
  }),
  fault("a wait for one that may be stopped", () => {
    const mutex = share(Mutex, {}), ann = mutex.as("ann"), bob = mutex.as("bob");
    bob.lock();
    return { actors: { ann: () => void ann.lock(), bob: () => bob.unlock() }, neverHeldUp: ["ann"] };
  }),
  fault("a wait without end", () => {
    const flag = words(1, "flag");
    return {
      actors: {
        ann() {
          while (load(flag, 0) === 0);
        },
        bob: () => void load(flag, 0),
      },
    };
  }),
  fault("an access in the callback of a builtin", () => {
    const flag = words(1, "flag");
    return { actors: { ann: () => void [0].some((i) => load(flag, i) > 0), bob: () => store(flag, 0, 1) } };
  }),
  fault("an access past the world", () => {
    const flag = words(4, "flag");
    return {
      actors: {
        ann() {
          store(flag, 0, 1);
          flag.fill(2);
        },
      },
    };
  }),
  fault("a start that is not always the same", () => {
    const flag = words(1, "flag");
    flag[0] = starts++;
    return { actors: { ann: () => store(flag, 0, 1), bob: () => store(flag, 0, 2) } };
  }),
  fault("an actor that throws", () => {
    const flag = words(1, "flag");
    return {
      actors: {
        ann() {
          if (load(flag, 0) === 1) throw new RangeError("one");
        },
        bob: () => store(flag, 0, 1),
      },
    };
  }),
];
