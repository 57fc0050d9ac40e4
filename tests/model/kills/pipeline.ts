import { load, store } from "../../../lib/atomic/atomics.ts";
import { Pipeline } from "../../../lib/channel/pipeline/pipeline.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";
import { takeOver } from "./heir.ts";

const layout = recordsOf(2), COUNT = 4, CHANGED = 100, WRITTEN = 0, CHANGES = 1;

/** A dead process holds up no other; the second reader receives all records, changed while there is a first. */
export const inheriting: Scenario = {
  part: "Pipeline",
  title: "four records, changed by a first reader; it and the writer have heirs",
  settings: [],
  start() {
    const line = share(Pipeline, { layout, capacity: 2, readers: { first: [], second: ["first"] } }), notes = words(2);
    const write = (own: Pipeline<typeof layout>) => () => {
      const writer = takeOver(() => own.writer(), () => load(notes, WRITTEN) === COUNT);
      if (writer === undefined) return;
      while (writer.position < COUNT) {
        must(writer.pushWait(filled(layout, writer.position + 1)), "a wait without a limit ended");
      }
      store(notes, WRITTEN, COUNT);
    };
    const change = (own: Pipeline<typeof layout>) => () => {
      const reader = takeOver(() => own.reader("first", { from: "oldest" }), () => load(notes, CHANGES) === COUNT);
      if (reader === undefined) return;
      while (reader.position < COUNT) {
        const record = reader.nextWait()!, value = valueIn(record), number = reader.position + 1;
        // A dead reader may have changed it, half or wholly.
        must(value === number || value === CHANGED + number || Number.isNaN(value), `the first received ${value}`);
        fill(record, CHANGED + number);
        reader.release();
      }
      store(notes, CHANGES, COUNT);
    };
    return {
      actors: {
        writer: write(line.as("writer")),
        first: change(line.as("first")),
        nextWriter: write(line.as("nextWriter")),
        nextFirst: change(line.as("nextFirst")),
        second() {
          const reader = line.as("second").reader("second", { from: "oldest" }), into = filled(layout, 0);
          while (reader.position < COUNT) {
            must(reader.shiftWait(into), "a wait without a limit ended");
            const value = valueIn(into), number = reader.position;
            must(
              value === number || value === CHANGED + number || Number.isNaN(value),
              `the second received ${value} as number ${number}`,
            );
          }
        },
      },
      check: () => must(line.as("eve").length === 0, "a record is left"),
    };
  },
};
