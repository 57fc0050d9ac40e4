import { CapacityError } from "../../../lib/errors.ts";
import type { Counter } from "../../../lib/structure/counters/counter.ts";
import { Counters } from "../../../lib/structure/counters/counters.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

/** Attaches, and takes the mutex once: an actor cannot attach to it. */
function attach(counters: { as(who: string): Counters }, who: string): Counters {
  const own = counters.as(who);
  own.allocate("").close();
  return own;
}

/** The values that counters of a label may have. */
const VALUES: Readonly<Record<string, readonly number[]>> = { a: [0, 5, 6], b: [0, 9] };

/** A counter is listed with its own label and value, whichever counter has its place next. */
export const allocating: Scenario = {
  part: "Counters",
  title: "one frees its counter, or dies; another reads, and allocates in its place",
  settings: [{ preemptions: 2 }, { preemptions: 0, deaths: 2 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const counters = share(Counters, { capacity: 1, labelBytes: 1 });
    const ann = attach(counters, "ann"), bob = attach(counters, "bob"), first = ann.allocate("a", { type: 1 });
    let taken = false;
    return {
      actors: {
        ann() {
          first.set(5);
          first.add();
          first.close();
        },
        bob() {
          let last = 0;
          for (let i = 0; i < 2; i++) {
            const found = bob.list({ withDead: true });
            if (found.length === 0) continue;
            const { label, type, value } = found[0];
            must(label === "a" && type === 1 && VALUES.a.includes(value) && value >= last, `${label} at ${value}`);
            last = value;
          }
          try {
            const own = bob.allocate("b", { type: 2 });
            must(own.value === 0, `begins at ${own.value}`);
            own.set(9);
            taken = true;
          } catch (error) {
            must(error instanceof CapacityError, `${error}`);
          }
        },
      },
      check({ dead }) {
        const eve = counters.as("eve"), found = eve.list({ withDead: true });
        must(found.length <= 1, "one place");
        must(!taken || (found[0].label === "b" && found[0].value === 9 && found[0].type === 2), "bob's counter");
        for (const { label, value, type } of found) {
          must(VALUES[label].includes(value) && type === (label === "a" ? 1 : 2), `${label} at ${value} of ${type}`);
        }
        if (!taken || dead.includes("bob")) must(eve.allocate("a").value === 0, "the place is free");
      },
    };
  },
};

/** An heir continues its dead predecessor's counter, at the same value. */
export const following: Scenario = {
  part: "Counters",
  title: "two try to take over the same counter",
  settings: [{ preemptions: 1 }, { preemptions: 1, deaths: 1 }],
  start() {
    const counters = share(Counters, { capacity: 2, labelBytes: 1 });
    const ann = attach(counters, "ann"), bob = attach(counters, "bob");
    const at: Record<string, number> = {}, ids: number[] = [];
    let set = 0;
    return {
      actors: {
        ann() {
          const own = ann.allocate("a", { takeOver: true });
          ids.push(own.id);
          own.set(5);
          set = 5;
        },
        bob() {
          const isBehind = set === 5, own = bob.allocate("a", { takeOver: true });
          ids.push(own.id);
          at.bob = own.value;
          must(own.value === 0 || own.value === 5, `begins at ${own.value}`);
          if (ids.length === 2 && ids[0] === ids[1]) must(at.bob === 5 || !isBehind, "the counts are lost");
        },
      },
      check({ dead }) {
        must(dead.length > 0 || ids[0] !== ids[1], "two own one counter");
        const eve = counters.as("eve"), found = eve.list({ withDead: true });
        for (const { label, value } of found) must(label === "a" && VALUES.a.includes(value), `${label} at ${value}`);
        if (dead.length === 0) must(found.length === 2, `${found.length} counters`);
        if (dead.length === 2 && found.length > 0) {
          must(eve.allocate("a", { takeOver: true }).value === found[0].value, "taken over as it was");
        }
      },
    };
  },
};

/** A place that is freed and allocated again never shows parts of two counters. */
export const reusing: Scenario = {
  part: "Counters",
  title: "one frees its counter, another allocates in its place, a third reads it",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    const counters = share(Counters, { capacity: 1, labelBytes: 1 });
    const ann = attach(counters, "ann"), bob = attach(counters, "bob"), cid = counters.as("cid");
    const first = ann.allocate("a", { type: 1 });
    first.set(5);
    let taken = false;
    const readAll = (own: Counters): void => {
      const found = own.list({ withDead: true });
      for (const { label, type, value } of found) {
        const isRight = label === "a"
          ? type === 1 && value === 5
          : label === "b" && type === 2 && VALUES.b.includes(value);
        must(isRight, `${label} at ${value} of ${type}`);
      }
    };
    return {
      actors: {
        ann: () => first.close(),
        bob() {
          try {
            bob.allocate("b", { type: 2 }).set(9);
            taken = true;
          } catch (error) {
            must(error instanceof CapacityError, `${error}`);
          }
        },
        cid: () => readAll(cid),
      },
      check({ dead }) {
        const eve = counters.as("eve");
        readAll(eve);
        if (taken) must(eve.list({ withDead: true })[0]?.value === 9, "bob's counter");
        if (!taken || dead.includes("bob")) must(eve.allocate("a").value === 0, "the place is free");
      },
    };
  },
};

/** Each adds to a counter of its own; a reader finds what was added before, and nothing else. */
export const adding: Scenario = {
  part: "Counters",
  title: "two add, each to its own counter, and another reads both",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const counters = share(Counters, { capacity: 2, labelBytes: 1 }), own: Counter[] = [];
    for (const who of ["ann", "bob"]) own.push(attach(counters, who).allocate(who[0]));
    const cid = counters.as("cid"), begun = [0, 0], done = [0, 0];
    const add = (which: number) => () => {
      begun[which] = 2 ** 32 + 1; // both words of a double change
      own[which].add(begun[which]);
      done[which] = begun[which];
    };
    const readBoth = (reader: Counters): void => {
      for (let which = 0; which < 2; which++) {
        const least = done[which], found = reader.read(own[which].id)!;
        must(found === least || found === begun[which], `counter ${which} is at ${found}`);
      }
    };
    return {
      actors: { ann: add(0), bob: add(1), cid: () => readBoth(cid) },
      check: () => readBoth(counters.as("eve")),
    };
  },
};
