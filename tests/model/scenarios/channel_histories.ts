import { Broadcast } from "../../../lib/channel/broadcast/broadcast.ts";
import { ByteRing } from "../../../lib/channel/byte_ring/byte_ring.ts";
import { LatestTable } from "../../../lib/channel/latest_table/latest_table.ts";
import { Pipeline } from "../../../lib/channel/pipeline/pipeline.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { History, type Specification } from "../../../support/explorer/inside/history.ts";
import { type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** In x86-64's memory: with the kernel's fence, what is published may be seen late; without it, never. */
const SETTINGS: Scenario["settings"] = [
  { preemptions: 2 },
  { preemptions: 1, memory: "x86", delays: 2 },
  { preemptions: 1, memory: "x86", delays: 2, hasMembarrier: false },
];

/** How many records are there at first, and how many fit. */
interface Size {
  readonly before: number;
  readonly capacity: number;
}

/** Records in order: given, or refused where none fits, and received, 0 where there is none. */
function recordsIn({ before, capacity }: Size): Specification<readonly number[]> {
  return {
    initial: Array.from({ length: before }, (_, i) => i + 1),
    apply(records, { name, args, result }) {
      if (name === "receive") return result === (records[0] ?? 0) ? records.slice(1) : undefined;
      if (result !== records.length < capacity) return undefined;
      return result ? [...records, args[0] as number] : records;
    },
  };
}

/** What one that gives and one that receives do. */
interface Ends {
  give(value: number): boolean;
  receive(): number;
}

/** One gives two, one receives two. */
function passing(part: string, title: string, size: Size, endsOf: () => Ends): Scenario {
  return {
    part,
    title,
    settings: SETTINGS,
    start() {
      const { give, receive } = endsOf(), history = new History(recordsIn(size), ["give", "receive"]);
      for (let value = 1; value <= size.before; value++) give(value);
      return {
        actors: {
          ann() {
            for (let i = 1; i <= 2; i++) {
              const value = size.before + i;
              history.call("give", [value], () => give(value));
            }
          },
          bob() {
            for (let i = 0; i < 2; i++) history.call("receive", [], receive);
          },
        },
        neverHeldUp: ["ann", "bob"],
      };
    },
  };
}

/** A stream is never full: as much is given here as a reader may lag behind by. */
const streaming = passing(
  "Broadcast",
  "a history of publishing and receiving",
  { before: 0, capacity: 2 },
  () => {
    const stream = share(Broadcast, { layout, capacity: 2 }), into = filled(layout, 0);
    const writer = stream.as("ann").writer(), reader = stream.as("bob").reader();
    const values = [1, 2].map((value) => filled(layout, value));
    return {
      give(value) {
        writer.push(values[value - 1]);
        return true;
      },
      receive: () => reader.shift(into) ? valueIn(into) : 0,
    };
  },
);

const lining = passing("Pipeline", "a history of giving and receiving", { before: 1, capacity: 2 }, () => {
  const line = share(Pipeline, { layout, capacity: 2, readers: { first: [] } }), into = filled(layout, 0);
  const writer = line.as("ann").writer(), reader = line.as("bob").reader("first");
  const values = [1, 2, 3].map((value) => filled(layout, value));
  return {
    give: (value) => writer.push(values[value - 1]),
    receive: () => reader.shift(into) ? valueIn(into) : 0,
  };
});

/** Messages without bytes: eight of them fill the ring. */
const ringing = passing("ByteRing", "a history of giving and receiving", { before: 7, capacity: 8 }, () => {
  const ring = share(ByteRing, { capacity: 64, producers: "one" });
  const producer = ring.as("ann").producer(), consumer = ring.as("bob").consumer();
  let received = 0;
  const take = (type: number): void => {
    received = type;
  };
  return {
    give(value) {
      if (producer.claim(0, value) === undefined) return false;
      producer.publish();
      return true;
    },
    receive: () => consumer.drain(take, 1) > 0 ? received : 0,
  };
});

/** A register: what was written last is read. */
const register: Specification<number> = {
  initial: 0,
  apply(value, { name, args, result }) {
    if (name === "write") return args[0] as number;
    return result === value ? value : undefined;
  },
};

const quoting: Scenario = {
  part: "LatestTable",
  title: "a history of writing and reading",
  settings: SETTINGS,
  start() {
    const table = share(LatestTable, { layout, rows: 1, versions: 2 }), writer = table.as("ann").writer();
    const history = new History(register, ["write"]), values = [1, 2].map((value) => filled(layout, value));
    const read = (who: string) => {
      const own = table.as(who), into = filled(layout, 0);
      return () => void history.call("read", [], () => own.read(0, into) ? valueIn(into) : 0);
    };
    const bob = read("bob"), cyd = read("cyd");
    return {
      actors: {
        ann() {
          for (const [i, value] of values.entries()) history.call("write", [i + 1], () => writer.write(0, value));
        },
        bob,
        cyd,
      },
      neverHeldUp: ["ann", "bob", "cyd"],
    };
  },
};

export const scenarios: readonly Scenario[] = [streaming, lining, ringing, quoting];
