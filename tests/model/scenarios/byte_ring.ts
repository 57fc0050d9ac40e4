import { ByteRing } from "../../../lib/channel/byte_ring/byte_ring.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

/** The length of a message of a type, so that a header whose two words do not match shows itself. */
function lengthOf(type: number): number {
  return type % 2 === 0 ? 0 : 8;
}

/** Each message is received whole, once, and in its producer's order; so are those there at first. */
function passing(
  title: string,
  producers: readonly number[],
  wanted: number,
  settings: Scenario["settings"],
  before = 0,
): Scenario {
  const total = producers.reduce((sum, count) => sum + count, before);
  return {
    part: "ByteRing",
    title,
    settings,
    start() {
      const isShared = producers.length > 1, most = isShared ? "many" : "one";
      const ring = share(ByteRing, { capacity: 64, producers: most });
      const consumer = ring.as("consumer").consumer(), last = producers.map(() => 0);
      let received = 0;
      const take = (type: number, _byteOffset: number, byteLength: number): void => {
        const from = Math.floor(type / 10) - 1;
        must(byteLength === lengthOf(type), `message ${type} is ${byteLength} bytes long`);
        must(type % 10 > last[from], `message ${type} is received after ${last}`);
        last[from] = type % 10;
        received++;
      };
      const actors: Record<string, () => void> = {};
      producers.forEach((count, i) => {
        const own = ring.as(`producer${i}`).producer();
        const there = i === 0 ? before : 0;
        for (let k = 1; k <= there; k++) {
          must(own.claim(lengthOf(10 * (i + 1) + k), 10 * (i + 1) + k) !== undefined, "there is space at first");
          own.publish();
        }
        actors[`producer${i}`] = () => {
          for (let k = there + 1; k <= there + count; k++) {
            own.claimWait(lengthOf(10 * (i + 1) + k), 10 * (i + 1) + k);
            own.publish();
          }
        };
      });
      actors.consumer = () => {
        while (received < wanted) consumer.drainWait(take);
      };
      return {
        actors,
        // A dead producer sends no more, and once the consumer is dead, no room is made for the producers.
        mayWaitForEver: ({ dead }) =>
          dead.includes("consumer") ||
          producers.reduce((sum, count, i) => sum + (dead.includes(`producer${i}`) ? 0 : count), before) < wanted,
        check({ dead }) {
          const heir = dead.includes("consumer") ? ring.as("eve").consumer() : consumer;
          if (dead.includes("consumer")) last.fill(0); // the messages of its last drain may be received again
          while (heir.drain(take) > 0);
          must(dead.length > 0 || received === total, `received ${received} of ${total}`);
          if (isShared || !dead.includes("producer0")) return;
          const next = ring.as("eve").producer();
          must(next.claim(0, 18) !== undefined, "there is space for the next producer");
          next.publish();
          must(heir.drain(take) === 1, "the next producer's message is received");
        },
      };
    },
  };
}

/** Each tries once, and waits long for no other, not even a stopped one. */
function trying(title: string, producers: number, before: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "ByteRing",
    title,
    settings,
    start() {
      const ring = share(ByteRing, { capacity: 64, producers: producers > 1 ? "many" : "one" });
      const consumer = ring.as("consumer").consumer(), published: number[] = [], received: number[] = [];
      const take = (type: number, _byteOffset: number, byteLength: number): void => {
        must(byteLength === lengthOf(type), `message ${type} is ${byteLength} bytes long`);
        received.push(type);
      };
      const actors: Record<string, () => void> = {};
      for (let i = 0; i < producers; i++) {
        const own = ring.as(`producer${i}`).producer(), type = 101 + i;
        for (let k = 1; i === 0 && k <= before; k++) {
          must(own.claim(0, 2 * k) !== undefined, "there is space at first");
          own.publish();
        }
        actors[`producer${i}`] = () => {
          if (own.claim(lengthOf(type), type) === undefined) return;
          own.publish();
          published.push(type);
        };
      }
      actors.consumer = () => void consumer.drain(take, 1);
      return {
        actors,
        neverHeldUp: Object.keys(actors),
        check({ dead }) {
          // A consumer that has just checked a producer does not check it again at once: the next one does.
          if (dead.length > 0 && !dead.includes("consumer")) consumer.close();
          const heir = dead.length > 0 ? ring.as("eve").consumer() : consumer;
          while (heir.drain(take) > 0);
          const old = received.filter((type) => type <= 100), rest = received.filter((type) => type > 100);
          must(old.every((type, i) => i === 0 || type >= old[i - 1]), `received ${received}`);
          must(new Set(old).size === before, `received ${received}, and ${before} were there`);
          must(published.every((type) => rest.includes(type)), `received ${received}, and ${published} were published`);
          if (dead.length > 0) return;
          must(received.length === before + published.length, `received ${received}, and ${published} were published`);
          must(ring.as("eve").length === 0, "a message is left");
        },
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  trying("two of many producers try to publish one, one drains one", 2, 0, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    {
      preemptions: 1,
      stops: 1,
    },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  trying("two of many producers try to publish one into a full ring, one drains one", 2, 4, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }, { preemptions: 1, stops: 1 }]),
  trying("one tries to publish one into a full ring, one drains one", 1, 8, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }, { preemptions: 1, stops: 1 }]),
  passing("six messages through a ring that holds five", [6], 6, [{ preemptions: 1 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 2,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  passing("one message through an empty ring", [1], 1, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  passing("one message into a full ring", [1], 1, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    stops: 1,
  }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }], 5),
  passing("two produce one each", [1, 1], 2, [{ preemptions: 1 }]),
  passing("two produce one each, and one is received", [1, 1], 1, [{ preemptions: 0, deaths: 1 }]),
  passing("two produce three in all", [1, 2], 3, [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 0, memory: "arm64", delays: 1 }]),
];
