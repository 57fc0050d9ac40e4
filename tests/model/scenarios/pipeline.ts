import { Pipeline } from "../../../lib/channel/pipeline/pipeline.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2), CHANGED = 100;

/** The second reader receives each record as the first has changed it, and neither loses one. */
function ordering(title: string, count: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "Pipeline",
    title,
    settings,
    start() {
      const line = share(Pipeline, { layout, capacity: 2, readers: { first: [], second: ["first"] } });
      const writer = line.as("ann").writer(),
        first = line.as("bob").reader("first"),
        second = line.as("cyd").reader("second"),
        into = filled(layout, 0);
      const values = Array.from({ length: count }, (_, i) => filled(layout, i + 1)), unchanged: number[] = [];
      return {
        actors: {
          ann() {
            for (let i = 0; i < count; i++) writer.pushWait(values[i]);
          },
          bob() {
            for (let i = 1; i <= count; i++) {
              const record = first.nextWait()!;
              must(valueIn(record) === i, `the first received ${valueIn(record)} in place of ${i}`);
              fill(record, CHANGED + i);
              first.release();
            }
          },
          cyd() {
            for (let i = 1; i <= count; i++) {
              second.shiftWait(into);
              if (valueIn(into) !== CHANGED + i) unchanged.push(valueIn(into));
            }
          },
        },
        mayWaitForEver: ({ dead }) => dead.includes("ann"),
        // Once the first reader is dead, the second one continues without it.
        check: ({ dead }) => must(unchanged.length === 0 || dead.includes("bob"), `the second received ${unchanged}`),
      };
    },
  };
}

/** The shortest scenario: its schedules can also be explored without leaving any out. */
function passing(title: string, before: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "Pipeline",
    title,
    settings,
    start() {
      const line = share(Pipeline, { layout, capacity: 2, readers: { only: [] } }), into = filled(layout, 0);
      const writer = line.as("ann").writer(),
        reader = line.as("bob").reader("only"),
        value = filled(layout, before + 1);
      for (let i = 1; i <= before; i++) writer.push(filled(layout, i));
      let received = 0;
      return {
        actors: {
          ann: () => void writer.pushWait(value),
          bob() {
            reader.shiftWait(into);
            received = valueIn(into);
          },
        },
        mayWaitForEver: ({ dead }) => dead.includes("ann"),
        check({ dead }) {
          must(received === 1 || dead.length > 0, `received ${received}`);
          must(received === 0 || received === 1, `received ${received}`);
          if (dead.includes("bob")) return;
          let last = received;
          while (reader.shift(into)) must(valueIn(into) === ++last, `received ${valueIn(into)} as number ${last}`);
          must(last === before + 1 || dead.includes("ann"), `received ${last} of ${before + 1}`);
        },
      };
    },
  };
}

/** Each tries once, and waits for no other, not even a stopped one. */
function trying(title: string, before: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "Pipeline",
    title,
    settings,
    start() {
      const line = share(Pipeline, { layout, capacity: 2, readers: { first: [], second: ["first"] } });
      const writer = line.as("ann").writer(),
        first = line.as("bob").reader("first"),
        second = line.as("cyd").reader("second"),
        into = filled(layout, 0),
        value = filled(layout, before + 1);
      for (let i = 1; i <= before; i++) writer.push(filled(layout, i));
      let isPushed = false, isChanged = false, received = 0;
      return {
        actors: {
          ann() {
            isPushed = writer.push(value);
            must(isPushed || before === 2, "a record is refused, and there is space");
          },
          bob() {
            const record = first.next();
            must(record !== undefined && valueIn(record) === 1, "the first does not receive the record");
            fill(record!, CHANGED + 1);
            isChanged = true;
            first.release();
          },
          cyd() {
            if (second.shift(into)) received = valueIn(into);
          },
        },
        neverHeldUp: ["ann", "bob", "cyd"],
        check({ dead }) {
          const isRight = received === 0 || (received === CHANGED + 1 && isChanged);
          must(isRight || (received === 1 && dead.includes("bob")), `the second received ${received}`);
          if (dead.length > 0) return;
          must(first.length === before - 1 + Number(isPushed), `${first.length} are left for the first`);
          must(!isPushed || before < 2 || received > 0, "a record was pushed over one that is still to be received");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  trying("one tries to push, one changes a record, one tries to shift it", 1, [
    { preemptions: 2 },
    {
      preemptions: 1,
      deaths: 1,
    },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  trying("one tries to push into a full pipeline, one changes a record, one tries to shift it", 2, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    {
      preemptions: 1,
      stops: 1,
    },
  ]),
  ordering("three records, changed by one before another receives them", 3, [
    { preemptions: 0 },
    { preemptions: 0, deaths: 1 },
    { preemptions: 0, memory: "x86", delays: 1 },
    {
      preemptions: 0,
      memory: "arm64",
      delays: 1,
    },
  ]),
  ordering("one record, changed by one before another receives it", 1, [{ preemptions: 1 }]),
  passing("one record, for one reader", 0, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  passing("one record into a full pipeline, for one reader", 2, [
    { preemptions: 1 },
    { preemptions: 0, deaths: 1 },
    {
      preemptions: 1,
      stops: 1,
    },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
];
