import { add, load, store } from "../../../lib/atomic/atomics.ts";
import type { MpmcConsumer } from "../../../lib/channel/mpmc_queue/mpmc_consumer.ts";
import { MpmcQueue } from "../../../lib/channel/mpmc_queue/mpmc_queue.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2), EACH = 3;
/** Notes: how many producers have pushed all their records, and whether a producer is dead. */
const DONE = 30, DIED = 31;
/** After so many failed polls, a consumer has checked whether producers are alive. */
const POLLS = 40;

/** Each record is received once, or was a dead consumer's; the living continue. */
export const sharing: Scenario = {
  part: "MpmcQueue",
  title: "two push three each, two shift",
  settings: [],
  start() {
    const queue = share(MpmcQueue, { layout, capacity: 2, maxParticipants: 6 }), received = words(32);
    const send = (own: MpmcQueue<typeof layout>, first: number) => () => {
      const producer = own.producer();
      for (let i = 0; i < EACH; i++) must(producer.pushWait(filled(layout, first + i)), "a wait without a limit ended");
      add(received, DONE, 1);
    };
    const note = (record: ReturnType<typeof filled>): void => {
      const value = valueIn(record);
      must(value >= 10 && value < 20 + EACH, `received ${value}`);
      must(add(received, value, 1) === 0, `${value} is received twice`);
    };
    const takeRest = (consumer: MpmcConsumer<typeof layout>): void => {
      const into = filled(layout, 0);
      for (let vain = 0; vain < POLLS; vain++) {
        if (!consumer.shift(into)) continue;
        note(into);
        vain = 0;
      }
    };
    const take = (own: MpmcQueue<typeof layout>) => () => {
      const consumer = own.consumer(), into = filled(layout, 0);
      while (true) {
        if (load(received, DONE) + load(received, DIED) >= 2) return takeRest(consumer);
        if (consumer.shiftWait(into, { timeoutMs: 5 })) note(into);
      }
    };
    return {
      actors: {
        producer: send(queue.as("producer"), 10),
        consumer: take(queue.as("consumer")),
        otherProducer: send(queue.as("otherProducer"), 20),
        otherConsumer: take(queue.as("otherConsumer")),
      },
      hasDied: (who) => store(received, DIED, who === "producer" ? 1 : 0),
      check({ dead }) {
        const eve = queue.as("eve"), producer = eve.producer(), consumer = eve.consumer(), into = filled(layout, 0);
        takeRest(consumer);
        const sum = (first: number) => [0, 1, 2].reduce((sum, i) => sum + load(received, first + i), 0);
        const lost = EACH - sum(20) + (dead.includes("producer") ? 0 : EACH - sum(10));
        must(lost <= (dead.includes("consumer") ? 1 : 0), `${lost} are lost, and ${dead} died`);
        for (let value = 91; value <= 94; value++) {
          must(producer.push(filled(layout, value)), "there is space when all are gone");
          must(consumer.shift(into) && valueIn(into) === value, `received ${valueIn(into)} in place of ${value}`);
        }
        must(eve.length === 0, "a record is left");
      },
    };
  },
};
