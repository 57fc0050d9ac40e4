import { load, store } from "../../../lib/atomic/atomics.ts";
import { SpscRing } from "../../../lib/channel/spsc_ring/spsc_ring.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";
import { takeOver } from "./heir.ts";

const layout = recordsOf(2), COUNT = 4, SENT = 0, RECEIVED = 1;

/** Actors take their roles themselves, so that they can be killed at it; an heir continues where a dead one was. */
export const inheriting: Scenario = {
  part: "SpscRing",
  title: "four records through a ring of two, by producers and consumers with heirs",
  settings: [],
  start() {
    const ring = share(SpscRing, { layout, capacity: 2 }), notes = words(2);
    const send = (own: SpscRing<typeof layout>) => () => {
      const producer = takeOver(() => own.producer(), () => load(notes, SENT) === COUNT);
      if (producer === undefined) return;
      while (producer.position < COUNT) producer.pushWait(filled(layout, producer.position + 1));
      store(notes, SENT, COUNT);
    };
    const receive = (own: SpscRing<typeof layout>) => () => {
      const consumer = takeOver(() => own.consumer(), () => load(notes, RECEIVED) === COUNT), into = filled(layout, 0);
      if (consumer === undefined) return;
      while (consumer.position < COUNT) {
        must(consumer.shiftWait(into), "a wait without a limit ended");
        must(valueIn(into) === consumer.position, `received ${valueIn(into)} as number ${consumer.position}`);
      }
      store(notes, RECEIVED, COUNT);
    };
    const actor = (name: string, act: typeof send) => act(ring.as(name));
    return {
      actors: {
        producer: actor("producer", send),
        consumer: actor("consumer", receive),
        nextProducer: actor("nextProducer", send),
        nextConsumer: actor("nextConsumer", receive),
      },
      check: () => must(ring.as("eve").length === 0, "a record is left"),
    };
  },
};
