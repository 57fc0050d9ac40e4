import { SpscRing } from "../../../lib/channel/spsc_ring/spsc_ring.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2), COUNT = 3;

/** A producer waits for space and a consumer for records; whoever takes over goes on where the dead one was. */
export const passing: Scenario = {
  part: "SpscRing",
  title: "three records through a ring of two",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 2 }, {
    preemptions: 2,
    memory: "x86",
    delays: 1,
    hasMembarrier: false,
  }, { preemptions: 1, memory: "arm64", delays: 2 }],
  start() {
    const ring = share(SpscRing, { layout, capacity: 2 }), received: number[] = [], into = filled(layout, 0);
    const producer = ring.as("ann").producer(), consumer = ring.as("bob").consumer();
    const values = Array.from({ length: COUNT }, (_, i) => filled(layout, i + 1));
    return {
      actors: {
        ann() {
          for (let i = 0; i < COUNT; i++) producer.pushWait(values[i]);
        },
        bob() {
          for (let i = 0; i < COUNT; i++) {
            consumer.shiftWait(into);
            received.push(valueIn(into));
            must(received[i] === i + 1, `received ${received}`);
          }
        },
      },
      mayWaitForEver: ({ dead }) => dead.length > 0,
      check({ dead }) {
        const eve = ring.as("eve");
        const heir = dead.includes("bob") ? eve.consumer() : consumer;
        // One that died may have received one more than it could tell of.
        let next = dead.includes("bob") ? heir.position + 1 : received.length + 1;
        must(next === received.length + 1 || next === received.length + 2, `goes on at ${next}, after ${received}`);
        const drain = (end: number) => {
          for (; heir.shift(into); next++) {
            must(valueIn(into) === next, `received ${valueIn(into)} in place of ${next}`);
          }
          must(next === end + 1, `received ${next - 1} of ${end}`);
        };
        const published = next - 1 + heir.length;
        must(published === COUNT || dead.length > 0, `published ${published} of ${COUNT}`);
        drain(published);
        if (!dead.includes("ann")) return;
        const last = next, successor = eve.producer();
        must(successor.position === last - 1, "the next producer goes on behind what was published");
        must(successor.push(filled(layout, last)), "there is space");
        drain(last);
      },
    };
  },
};
