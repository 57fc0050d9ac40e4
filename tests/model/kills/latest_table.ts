import { load, sleep, store } from "../../../lib/atomic/atomics.ts";
import { LatestTable } from "../../../lib/channel/latest_table/latest_table.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";
import { takeOver } from "./heir.ts";

const layout = recordsOf(2), COUNT = 4, WRITTEN = 0;

/** A row is whole and never older than one that was read before, and an heir continues. */
export const inheriting: Scenario = {
  part: "LatestTable",
  title: "a row written four times, by a writer with an heir",
  settings: [],
  start() {
    const table = share(LatestTable, { layout, rows: 1, versions: 2 }), notes = words(1);
    const write = (own: LatestTable<typeof layout>) => () => {
      const writer = takeOver(() => own.writer(), () => load(notes, WRITTEN) === COUNT), into = filled(layout, 0);
      if (writer === undefined) return;
      for (let value = (own.read(0, into) ? valueIn(into) : 0) + 1; value <= COUNT; value++) {
        if (value % 2 === 0) writer.write(0, filled(layout, value));
        else {
          fill(writer.begin(0), value);
          writer.commit();
        }
      }
      store(notes, WRITTEN, COUNT);
    };
    return {
      actors: {
        writer: write(table.as("writer")),
        nextWriter: write(table.as("nextWriter")),
        reader() {
          const own = table.as("reader"), into = filled(layout, 0);
          for (let last = 0; last < COUNT; sleep(0.05)) {
            if (!own.read(0, into)) continue;
            must(valueIn(into) >= last && valueIn(into) <= COUNT, `read ${valueIn(into)} after ${last}`);
            last = valueIn(into);
          }
        },
      },
      check() {
        const seen: number[] = [];
        table.as("eve").changedSince(0, (row) => void seen.push(row));
        must(seen.length === 1, `the changes are those of rows ${seen}`);
      },
    };
  },
};
