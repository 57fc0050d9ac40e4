import { Pipeline } from "../../../lib/channel/pipeline/pipeline.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2), COUNT = 3, CHANGED = 100;

/** What comes second receives what the first has made of each record, and neither loses one. */
export const ordering: Scenario = {
  part: "Pipeline",
  title: "three records, changed by one before another receives them",
  settings: [{ preemptions: 0 }, { preemptions: 0, deaths: 1 }, { preemptions: 0, memory: "x86", delays: 1 }, {
    preemptions: 0,
    memory: "arm64",
    delays: 1,
  }],
  start() {
    const line = share(Pipeline, { layout, capacity: 2, readers: { first: [], second: ["first"] } });
    const writer = line.as("ann").writer(),
      first = line.as("bob").reader("first"),
      second = line.as("cyd").reader("second"),
      into = filled(layout, 0);
    const values = Array.from({ length: COUNT }, (_, i) => filled(layout, i + 1)), unchanged: number[] = [];
    return {
      actors: {
        ann() {
          for (let i = 0; i < COUNT; i++) writer.pushWait(values[i]);
        },
        bob() {
          for (let i = 1; i <= COUNT; i++) {
            const record = first.nextWait()!;
            must(valueIn(record) === i, `the first received ${valueIn(record)} in place of ${i}`);
            fill(record, CHANGED + i);
            first.release();
          }
        },
        cyd() {
          for (let i = 1; i <= COUNT; i++) {
            second.shiftWait(into);
            if (valueIn(into) !== CHANGED + i) unchanged.push(valueIn(into));
          }
        },
      },
      mayWaitForEver: ({ dead }) => dead.includes("ann"),
      // Once the first one is dead, the second one goes on without it.
      check: ({ dead }) => must(unchanged.length === 0 || dead.includes("bob"), `the second received ${unchanged}`),
    };
  },
};

/** As short as it can be: its schedules can also be explored without leaving any out. */
export const passing: Scenario = {
  part: "Pipeline",
  title: "one record, for one reader",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }, {
    preemptions: 1,
    memory: "arm64",
    delays: 1,
  }],
  start() {
    const line = share(Pipeline, { layout, capacity: 2, readers: { only: [] } }), into = filled(layout, 0);
    const writer = line.as("ann").writer(), reader = line.as("bob").reader("only"), value = filled(layout, 1);
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
        if (dead.includes("bob") || received === 1 || !reader.shift(into)) return;
        must(valueIn(into) === 1, `received ${valueIn(into)}`);
      },
    };
  },
};
