import { SpscRing } from "../../../lib/channel/spsc_ring/spsc_ring.ts";
import { WordsLayout } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const Pair = new WordsLayout(2);
const x86 = { memory: "x86", delays: 2 } as const;

export const passing: Scenario = {
  part: "SpscRing",
  title: "three records through a ring of two",
  settings: [{ preemptions: 3 }, { preemptions: 2, ...x86 }],
  start() {
    const ring = share(SpscRing, { layout: Pair, capacity: 2 } as never);
    const producer = ring.as("ann").producer(), consumer = ring.as("bob").consumer();
    const into = Pair.filled(0), values = [1, 2, 3].map((value) => Pair.filled(value));
    return {
      actors: {
        ann() {
          for (let i = 0; i < 3; i++) must(producer.pushWait(values[i] as never), "it waits for space");
        },
        bob() {
          for (let i = 1; i <= 3; i++) {
            must(consumer.shiftWait(into as never), "it waits for a record");
            must(into.value() === i, `record ${i} is ${into.words}`);
          }
        },
      },
    };
  },
};
