import { Broadcast } from "../../../lib/channel/broadcast/broadcast.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** A reader that is too slow loses records, knows how many, and is never shown a torn one. */
function streaming(title: string, before: number, count: number, settings: Scenario["settings"]): Scenario {
  const total = before + count;
  return {
    part: "Broadcast",
    title,
    settings,
    start() {
      const stream = share(Broadcast, { layout, capacity: 2 }), into = filled(layout, 0);
      const writer = stream.as("ann").writer(), reader = stream.as("bob").reader();
      const values = Array.from({ length: total }, (_, i) => filled(layout, i + 1));
      for (let i = 0; i < before; i++) writer.push(values[i]);
      let last = 0, received = 0;
      const take = (): void => {
        const value = valueIn(into);
        received++;
        must(value === received + reader.lost, `received ${value} after ${last}, ${reader.lost} lost`);
        last = value;
      };
      return {
        actors: {
          ann() {
            for (let i = before; i < total; i++) writer.push(values[i]);
          },
          bob() {
            while (last < total) {
              reader.shiftWait(into);
              take();
            }
          },
        },
        mayWaitForEver: ({ dead }) => dead.includes("ann"),
        check({ dead }) {
          if (dead.includes("bob")) return;
          while (reader.shift(into)) take();
          if (!dead.includes("ann")) return;
          const next = stream.as("eve").writer();
          next.push(filled(layout, last + 1));
          must(reader.shift(into) && valueIn(into) === last + 1, "the next writer goes on behind what was published");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  streaming("five records by a reader that may keep two", 0, 5, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 2,
  }, {
    preemptions: 1,
    memory: "arm64",
    delays: 2,
  }]),
  streaming("one record by a reader that waits for it", 0, 1, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  streaming("one record over what a reader may be reading", 3, 1, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
];
