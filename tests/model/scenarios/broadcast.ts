import { Broadcast } from "../../../lib/channel/broadcast/broadcast.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { DIES, History, type Specification } from "../../../support/explorer/inside/history.ts";
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
          must(
            reader.shift(into) && valueIn(into) === last + 1,
            "the next writer continues after the published records",
          );
        },
      };
    },
  };
}

/** The published records, and how many of them the reader has received. */
interface Stream {
  readonly records: readonly number[];
  readonly received: number;
}

/** No more records are published than a reader may lag by. */
const published: Specification<Stream> = {
  initial: { records: [], received: 0 },
  apply({ records, received }, { name, args, result }) {
    if (name === DIES) return { records, received };
    if (name === "push") return { records: [...records, args[0] as number], received };
    if (result !== (records[received] ?? 0)) return undefined;
    return { records, received: result === 0 ? received : received + 1 };
  },
};

/** With many writers, one that is stopped in its turn holds up the others, but no reader. */
const takingTurns: Scenario = {
  part: "Broadcast",
  title: "two of many writers publish one each, one tries to receive both",
  settings: [
    { preemptions: 1 },
    { preemptions: 0, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
  ],
  start() {
    const stream = share(Broadcast, { layout, capacity: 2, writers: "many" }), history = new History(published);
    const write = (who: string, value: number) => {
      const own = stream.as(who).writer(), record = filled(layout, value);
      return () => void history.call("push", [value], () => own.push(record));
    };
    const reader = stream.as("cyd").reader(), into = filled(layout, 0);
    return {
      actors: {
        ann: write("ann", 1),
        bob: write("bob", 2),
        cyd() {
          for (let i = 0; i < 2; i++) history.call("shift", [], () => reader.shift(into) ? valueIn(into) : 0);
        },
      },
      neverHeldUp: ["cyd"],
      check() {
        const eve = stream.as("eve"), before = eve.position, last = eve.reader();
        eve.writer().push(filled(layout, 9));
        must(last.shift(into) && valueIn(into) === 9 && eve.position === before + 1, "the next writer has its turn");
      },
    };
  },
};

/** A stopped writer holds up no reader, and a stopped reader holds up no other actor. */
const readingApart: Scenario = {
  part: "Broadcast",
  title: "two records overwrite what two readers may be reading",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, stops: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }],
  start() {
    const stream = share(Broadcast, { layout, capacity: 2 }), writer = stream.as("ann").writer();
    const read = (who: string) => {
      const reader = stream.as(who).reader(), into = filled(layout, 0);
      return () => {
        must(reader.shift(into), "there is a record");
        must(valueIn(into) === reader.position, `received ${valueIn(into)} as number ${reader.position}`);
        must(reader.lost === reader.position - 1, `lost ${reader.lost} before number ${reader.position}`);
      };
    };
    const bob = read("bob"), cyd = read("cyd"), values = [4, 5].map((value) => filled(layout, value));
    for (let i = 1; i <= 3; i++) writer.push(filled(layout, i));
    const ann = () => {
      for (let i = 0; i < 2; i++) writer.push(values[i]); // the second lies where the oldest was
    };
    return { actors: { ann, bob, cyd }, neverHeldUp: ["ann", "bob", "cyd"] };
  },
};

export const scenarios: readonly Scenario[] = [
  takingTurns,
  readingApart,
  streaming("five records through a stream that keeps two", 0, 5, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    memory: "x86",
    delays: 2,
  }, {
    preemptions: 1,
    memory: "arm64",
    delays: 2,
  }]),
  streaming("one record for a reader that waits for it", 0, 1, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    stops: 1,
  }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
  streaming("two records overwrite what a reader may be reading", 3, 2, [{ preemptions: 2 }, {
    preemptions: 1,
    deaths: 1,
  }, {
    preemptions: 1,
    memory: "x86",
    delays: 1,
  }, { preemptions: 1, memory: "arm64", delays: 1 }]),
];
