import { Pipeline } from "../../../lib/channel/pipeline/pipeline.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2), COUNT = 3;

/** Nobody receives a record before those that come first have done with it, and nobody loses one. */
export const ordering: Scenario = {
  part: "Pipeline",
  title: "three records by one and then by another",
  settings: [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const line = share(Pipeline, { layout, capacity: 2, readers: { first: [], second: ["first"] } });
    const done = { first: 0, second: 0 };
    let isOrdered = true;
    const writer = line.as("ann").writer(), first = line.as("bob").reader("first"), second = line.as("cyd").reader("second");
    const values = Array.from({ length: COUNT }, (_, i) => filled(layout, i + 1));
    const receive = (own: typeof first, name: "first" | "second") => {
      const into = filled(layout, 0);
      return () => {
        for (let i = 1; i <= COUNT; i++) {
          own.shiftWait(into);
          must(valueIn(into) === i, `${name} received ${valueIn(into)} in place of ${i}`);
          if (name === "second") isOrdered &&= done.first >= i;
          done[name] = i;
        }
      };
    };
    return {
      actors: {
        ann() {
          for (let i = 0; i < COUNT; i++) writer.pushWait(values[i]);
        },
        bob: receive(first, "first"),
        cyd: receive(second, "second"),
      },
      mayWaitForEver: ({ dead }) => dead.includes("ann"),
      // Once the first one is dead, the second one goes on without it.
      check: ({ dead }) => must(isOrdered || dead.includes("bob"), "received before its turn"),
    };
  },
};
