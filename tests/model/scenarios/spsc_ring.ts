import { SpscRing } from "../../../lib/channel/spsc_ring/spsc_ring.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { History, type Specification } from "../../../support/explorer/inside/history.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** Numbers of records: in the ring at first, pushed, and taken. */
interface Records {
  readonly before: number;
  readonly pushed: number;
  readonly taken: number;
}

/** A producer waits for space and a consumer for records; an heir continues where the dead one was. */
function passing(title: string, { before, pushed, taken }: Records, settings: Scenario["settings"]): Scenario {
  const total = before + pushed;
  return {
    part: "SpscRing",
    title,
    settings,
    start() {
      const ring = share(SpscRing, { layout, capacity: 2 }), received: number[] = [], into = filled(layout, 0);
      const producer = ring.as("ann").producer(), consumer = ring.as("bob").consumer();
      const values = Array.from({ length: total }, (_, i) => filled(layout, i + 1));
      for (let i = 0; i < before; i++) producer.push(values[i]);
      return {
        actors: {
          ann() {
            for (let i = before; i < total; i++) producer.pushWait(values[i]);
          },
          bob() {
            for (let i = 0; i < taken; i++) {
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
          // A dead consumer may have received one more than it noted.
          let next = dead.includes("bob") ? heir.position + 1 : received.length + 1;
          must(next === received.length + 1 || next === received.length + 2, `continues at ${next}, after ${received}`);
          const drain = (end: number) => {
            for (; heir.shift(into); next++) {
              must(valueIn(into) === next, `received ${valueIn(into)} in place of ${next}`);
            }
            must(next === end + 1, `received ${next - 1} of ${end}`);
          };
          const published = next - 1 + heir.length;
          must(published === total || dead.length > 0, `published ${published} of ${total}`);
          drain(published);
          if (!dead.includes("ann")) return;
          const last = next, successor = eve.producer();
          must(successor.position === last - 1, "the next producer continues after the published records");
          must(successor.push(filled(layout, last)), "there is space");
          drain(last);
        },
      };
    },
  };
}

/** A ring of two records, of which some are there at first. Its consumer lives. */
function ringOfTwo(before: number): Specification<readonly number[]> {
  return {
    initial: Array.from({ length: before }, (_, i) => i + 1),
    apply(records, { name, args, result }) {
      if (name === "push") {
        if (result !== records.length < 2) return undefined;
        return result ? [...records, args[0] as number] : records;
      }
      if (name === "shift") return result === (records[0] ?? 0) ? records.slice(1) : undefined;
      return result === (name === "length" ? records.length : "RoleTakenError") ? records : undefined;
    },
  };
}

/** A try waits for no other, not even a stopped one; and `length` is the number of records. */
function trying(title: string, before: number, settings: Scenario["settings"]): Scenario {
  return {
    part: "SpscRing",
    title,
    settings,
    start() {
      const ring = share(SpscRing, { layout, capacity: 2 }),
        history = new History(ringOfTwo(before), ["push", "shift"]);
      const producer = ring.as("ann").producer(), consumer = ring.as("bob").consumer(), other = ring.as("cyd");
      for (let i = 1; i <= before; i++) producer.push(filled(layout, i));
      const value = filled(layout, before + 1), into = filled(layout, 0);
      return {
        actors: {
          ann: () => void history.call("push", [before + 1], () => producer.push(value)),
          bob() {
            for (let i = 0; i < 2; i++) history.call("shift", [], () => consumer.shift(into) ? valueIn(into) : 0);
          },
          cyd() {
            history.call("consumer", [], () => other.consumer());
            history.call("length", [], () => other.length);
          },
        },
        neverHeldUp: ["ann", "bob", "cyd"],
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  trying("one tries to push one, one to shift two, one to become the consumer", 1, [
    { preemptions: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 2 },
  ]),
  trying("one tries to push one into a full ring, one to shift two, one to become the consumer", 2, [
    { preemptions: 2 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 2, hasMembarrier: false },
  ]),
  passing("three records through a ring of two", { before: 0, pushed: 3, taken: 3 }, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, memory: "x86", delays: 2 },
    {
      preemptions: 2,
      memory: "x86",
      delays: 1,
      hasMembarrier: false,
    },
    { preemptions: 1, memory: "arm64", delays: 2 },
  ]),
  passing("one record through an empty ring", { before: 0, pushed: 1, taken: 1 }, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  passing("one record into a full ring", { before: 2, pushed: 1, taken: 1 }, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
];
