import { load, store } from "../../../lib/atomic/atomics.ts";
import { Broadcast } from "../../../lib/channel/broadcast/broadcast.ts";
import { filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";
import { takeOver } from "./heir.ts";

const layout = recordsOf(2), COUNT = 4, WRITTEN = 0;

/** Readers receive whole records in order and know how many they lost, whoever dies. */
export const inheriting: Scenario = {
  part: "Broadcast",
  title: "four records by a writer with an heir, for two readers",
  settings: [],
  start() {
    const stream = share(Broadcast, { layout, capacity: 2 }), notes = words(1);
    const write = (own: Broadcast<typeof layout>) => () => {
      const writer = takeOver(() => own.writer(), () => load(notes, WRITTEN) === COUNT);
      if (writer === undefined) return;
      while (writer.position < COUNT) writer.push(filled(layout, writer.position + 1));
      store(notes, WRITTEN, COUNT);
    };
    const read = (own: Broadcast<typeof layout>) => () => {
      const reader = own.reader({ from: "oldest" }), into = filled(layout, 0);
      for (let received = 0, first = reader.position; reader.position < COUNT;) {
        must(reader.shiftWait(into), "a wait without a limit ended");
        must(valueIn(into) === reader.position, `received ${valueIn(into)} as number ${reader.position}`);
        must(first + ++received + reader.lost === reader.position, `lost ${reader.lost}, received ${received}`);
      }
    };
    return {
      actors: {
        writer: write(stream.as("writer")),
        reader: read(stream.as("reader")),
        nextWriter: write(stream.as("nextWriter")),
        otherReader: read(stream.as("otherReader")),
      },
      check: () => must(stream.as("eve").position === COUNT, "not all was written"),
    };
  },
};

/** The turn of a dead writer passes to the next. */
export const takingTurns: Scenario = {
  part: "Broadcast",
  title: "two of many writers, three records each",
  settings: [],
  start() {
    const stream = share(Broadcast, { layout, capacity: 8, writers: "many" });
    const write = (own: Broadcast<typeof layout>, first: number) => () => {
      const writer = own.writer();
      for (let i = 0; i < 3; i++) writer.push(filled(layout, first + i));
    };
    return {
      actors: {
        writer: write(stream.as("writer"), 11),
        otherWriter: write(stream.as("otherWriter"), 21),
        reader() {
          const reader = stream.as("reader").reader({ from: "oldest" }), into = filled(layout, 0), last = [0, 10, 20];
          while (last[2] < 23) {
            must(reader.shiftWait(into), "a wait without a limit ended");
            const value = valueIn(into), from = Math.floor(value / 10);
            must(value === last[from] + 1, `received ${value} after ${last}`);
            last[from] = value;
          }
        },
      },
      check() {
        const eve = stream.as("eve"), before = eve.position, reader = eve.reader(), into = filled(layout, 0);
        eve.writer().push(filled(layout, 91));
        must(reader.shift(into) && valueIn(into) === 91 && eve.position === before + 1, "the next writer has its turn");
      },
    };
  },
};
