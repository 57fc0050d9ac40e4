import { load, store } from "../../../lib/atomic/atomics.ts";
import { ByteRing } from "../../../lib/channel/byte_ring/byte_ring.ts";
import type { ByteProducer } from "../../../lib/channel/byte_ring/byte_producer.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";
import { takeOver } from "./heir.ts";

/** Notes: the last message that was published, the last that was seen, and the last that was freed. */
const SENT = 0, SEEN = 1, FREED = 2, COUNT = 4, LAST = 29;

function lengthOf(type: number): number {
  return type % 2 === 0 ? 4 : 12;
}

function send(producer: ByteProducer, type: number): void {
  const length = lengthOf(type), at = producer.claimWait(length, type);
  must(at !== undefined, "a wait without a limit ended");
  for (let i = 0; i < length; i += 4) producer.bytes[at! + i] = type;
  producer.publish();
}

function mustBeWhole(bytes: Uint8Array, type: number, at: number, length: number): void {
  must(length === lengthOf(type), `message ${type} is ${length} bytes long`);
  for (let i = 0; i < length; i += 4) must(bytes[at + i] === type, `message ${type} has byte ${bytes[at + i]}`);
}

/** Actors take their roles themselves, so that they can be killed at it; an heir continues where a dead one was. */
export const inheriting: Scenario = {
  part: "ByteRing",
  title: "four messages by producers and consumers with heirs",
  settings: [],
  start() {
    const ring = share(ByteRing, { capacity: 64, producers: "one" }), notes = words(3);
    const sendAll = (own: ByteRing) => () => {
      const producer = takeOver(() => own.producer(), () => load(notes, SENT) === COUNT);
      if (producer === undefined) return;
      // A dead producer may have published one more than it noted: a message may be sent twice.
      while (load(notes, SENT) < COUNT) {
        const type = load(notes, SENT) + 1;
        send(producer, type);
        store(notes, SENT, type);
      }
    };
    const take = (own: ByteRing) => () => {
      const consumer = takeOver(() => own.consumer(), () => load(notes, FREED) === COUNT);
      if (consumer === undefined) return;
      let last = load(notes, FREED);
      const seen = load(notes, SEEN);
      const receive = (type: number, at: number, length: number): void => {
        mustBeWhole(consumer.bytes, type, at, length);
        // In order; a message that a dead consumer had seen may be freed already, and a message may be sent twice.
        must(type === last + 1 || type === last || (type > last && type <= seen + 1), `received ${type} after ${last}`);
        last = type;
        if (type > load(notes, SEEN)) store(notes, SEEN, type);
      };
      while (last < COUNT && load(notes, FREED) < COUNT) {
        // A dead consumer may have freed the last message before it could note that.
        if (consumer.drainWait(receive, undefined, { timeoutMs: 60 }) > 0) store(notes, FREED, last);
        else if (seen === COUNT) last = COUNT;
      }
      store(notes, FREED, COUNT);
    };
    return {
      actors: {
        producer: sendAll(ring.as("producer")),
        consumer: take(ring.as("consumer")),
        nextProducer: sendAll(ring.as("nextProducer")),
        nextConsumer: take(ring.as("nextConsumer")),
      },
      check() {
        const eve = ring.as("eve"), producer = eve.producer(), consumer = eve.consumer();
        while (consumer.drain(() => {}) > 0);
        send(producer, LAST);
        let last = 0;
        consumer.drain((type, at, length) => {
          mustBeWhole(consumer.bytes, type, at, length);
          last = type;
        });
        must(last === LAST && eve.length === 0, `received ${last} at the end`);
      },
    };
  },
};

/** A claim of a dead producer is skipped. */
export const sharing: Scenario = {
  part: "ByteRing",
  title: "two of many producers send three messages each",
  settings: [],
  start() {
    const ring = share(ByteRing, { capacity: 128, producers: "many" });
    const sendAll = (own: ByteRing, first: number) => () => {
      const producer = own.producer();
      for (let i = 0; i < 3; i++) send(producer, first + i);
    };
    return {
      actors: {
        producer: sendAll(ring.as("producer"), 11),
        otherProducer: sendAll(ring.as("otherProducer"), 21),
        consumer: () => {
          const consumer = ring.as("consumer").consumer(), last = [0, 10, 20];
          while (last[2] < 23) {
            consumer.drainWait((type, at, length) => {
              mustBeWhole(consumer.bytes, type, at, length);
              const from = Math.floor(type / 10);
              must(type === last[from] + 1, `received ${type} after ${last}`);
              last[from] = type;
            });
          }
        },
      },
      check() {
        const eve = ring.as("eve"), producer = eve.producer(), consumer = eve.consumer();
        while (consumer.drain(() => {}) > 0);
        send(producer, LAST);
        let last = 0;
        consumer.drain((type) => void (last = type));
        must(last === LAST && eve.length === 0, `received ${last} at the end`);
      },
    };
  },
};
