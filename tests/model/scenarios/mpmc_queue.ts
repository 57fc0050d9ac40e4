import { MpmcQueue } from "../../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { DIES, History, type Specification } from "../../../support/explorer/inside/history.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** Each record is received once, as are those there at first; with deaths, once at most, and the living continue. */
function sharing(
  title: string,
  producers: readonly number[],
  consumers: readonly number[],
  settings: Scenario["settings"],
  before = 0,
): Scenario {
  return {
    part: "MpmcQueue",
    title,
    settings,
    start() {
      const queue = share(MpmcQueue, { layout, capacity: 2, maxParticipants: 5 }), received: number[] = [];
      const pushed: number[] = [], wanted = consumers.reduce((sum, count) => sum + count, 0);
      const actors: Record<string, () => void> = {};
      producers.forEach((count, i) => {
        const own = queue.as(`producer${i}`).producer();
        const first = i === 0 ? before : 0;
        const values = Array.from({ length: first + count }, (_, k) => filled(layout, 10 * (i + 1) + k));
        for (let k = 0; k < first; k++) {
          must(own.push(values[k]), "there is space at first");
          pushed.push(10 * (i + 1) + k);
        }
        actors[`producer${i}`] = () => {
          for (let k = first; k < first + count; k++) {
            own.pushWait(values[k]);
            pushed.push(10 * (i + 1) + k);
          }
        };
      });
      consumers.forEach((count, i) => {
        const own = queue.as(`consumer${i}`).consumer(), into = filled(layout, 0);
        actors[`consumer${i}`] = () => {
          for (let k = 0, last = 0; k < count; k++) {
            own.shiftWait(into);
            const value = valueIn(into);
            must(!received.includes(value), `${value} is received twice`);
            must(value > 0 && Math.floor(value / 10) <= producers.length, `received ${value}`);
            if (producers.length === 1) must(value > last, `${value} is received after ${last}`);
            last = value;
            received.push(value);
          }
        };
      });
      return {
        actors,
        // A record that a dead consumer had taken is lost, and a dead producer sends no more.
        mayWaitForEver: ({ dead }) =>
          dead.some((who) => who.startsWith("consumer")) ||
          producers.reduce((sum, count, i) => sum + (dead.includes(`producer${i}`) ? 0 : count), before) < wanted,
        check({ dead }) {
          const eve = queue.as("eve"), rest = eve.consumer(), into = filled(layout, 0);
          while (rest.shift(into)) {
            must(!received.includes(valueIn(into)), `${valueIn(into)} is received twice`);
            received.push(valueIn(into));
          }
          const lost = pushed.filter((value) => !received.includes(value));
          const eaters = dead.filter((who) => who.startsWith("consumer")).length;
          must(lost.length <= eaters, `${lost} are lost, and ${dead} died`);
          const next = eve.producer();
          for (let value = 91; value <= 94; value++) {
            must(next.push(filled(layout, value)), "there is space when all are gone");
            must(rest.shift(into) && valueIn(into) === value, "later records are received");
          }
        },
      };
    },
  };
}

/** A queue's records, and whether an actor has died: until the others find out, they may be refused. */
interface Queue {
  readonly records: readonly number[];
  readonly hasDied: boolean;
}

/**
 * A queue of two records. A push is also refused while others hold slots, and a shift while something is claimed in
 * front of the records.
 */
const queueOfTwo = (before: readonly number[]): Specification<Queue> => ({
  initial: { records: before, hasDied: false },
  apply(queue, { name, args, result, isDone }, overlapping) {
    const { records, hasDied } = queue;
    if (name === DIES) return { records, hasDied: true };
    const others = overlapping.filter((one) => one.name !== DIES);
    if (name === "push") {
      if (result === false) return hasDied || records.length + others.length >= 2 ? queue : undefined;
      return records.length < 2 ? { records: [...records, args[0] as number], hasDied } : undefined;
    }
    if (result === 0) {
      return hasDied || records.length === 0 || others.some((one) => one.name === "push") ? queue : undefined;
    }
    return !isDone || result === records[0] ? { records: records.slice(1), hasDied } : undefined;
  },
});

/** Each tries, and waits for no other, not even a stopped one. */
function trying(
  title: string,
  before: readonly number[],
  producers: number,
  consumers: number,
  settings: Scenario["settings"],
): Scenario {
  return {
    part: "MpmcQueue",
    title,
    settings,
    start() {
      const queue = share(MpmcQueue, { layout, capacity: 2, maxParticipants: 4 });
      const history = new History(queueOfTwo(before), ["push", "shift"]), actors: Record<string, () => void> = {};
      let there = before.length;
      for (let i = 0; i < producers; i++) {
        const own = queue.as(`producer${i}`).producer(), value = 2 + i, record = filled(layout, value);
        if (i === 0) { for (const one of before) own.push(filled(layout, one)); }
        actors[`producer${i}`] = () => {
          if (history.call("push", [value], () => own.push(record))) there++;
        };
      }
      for (let i = 0; i < consumers; i++) {
        const own = queue.as(`consumer${i}`).consumer(), into = filled(layout, 0);
        // A consumer that finds the same slot unchanged a second time checks whether its producer is alive.
        const tries = consumers === 1 ? 2 : 1;
        actors[`consumer${i}`] = () => {
          for (let k = 0; k < tries; k++) {
            if (history.call("shift", [], () => own.shift(into) ? valueIn(into) : 0) !== 0) there--;
          }
        };
      }
      return {
        actors,
        neverHeldUp: Object.keys(actors),
        check({ dead }) {
          const eve = queue.as("eve"), rest = eve.consumer(), into = filled(layout, 0);
          must(eve.lostClaims <= dead.length, `${eve.lostClaims} claims are lost, and ${dead} died`);
          for (; rest.shift(into); there--) must(!Number.isNaN(valueIn(into)), "a record is torn");
          must(dead.length > 0 || there === 0, `${there} more were pushed than shifted`);
          must(eve.length === 0, "a record is left that cannot be taken");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  trying("one tries to push one into an empty queue, one to shift two", [], 1, 1, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 2, hasMembarrier: false },
  ]),
  trying("one tries to push one, two to shift one each", [1], 1, 2, [
    { preemptions: 2 },
    { preemptions: 0, deaths: 1 },
    {
      preemptions: 1,
      stops: 1,
    },
  ]),
  trying("two try to push one each where one fits, one to shift two", [1], 2, 1, [
    { preemptions: 1 },
    { preemptions: 0, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 2 },
  ]),
  sharing("one pushes two, one shifts two", [2], [2], [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }]),
  sharing("one pushes one, one shifts one", [1], [1], [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  sharing("one pushes one into a full queue, one shifts one", [1], [1], [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ], 2),
  sharing("three records through two slots", [3], [3], [{ preemptions: 1 }]),
  sharing("two push, one shifts both", [1, 1], [2], [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }]),
  sharing("two push, one shifts one", [1, 1], [1], [{ preemptions: 0, deaths: 1 }]),
  sharing("one pushes two, two shift one each", [2], [1, 1], [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }]),
];
