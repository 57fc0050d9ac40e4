import { LatestTable } from "../../../lib/channel/latest_table/latest_table.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, type Start } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** A row is whole, and never older than what was read before. */
function quoting(
  title: string,
  isInPlace: boolean,
  settings: Scenario["settings"],
  writes = 4,
  reads = 2,
): Scenario {
  return { part: "LatestTable", title, settings, start: () => start(isInPlace, writes, reads) };
}

function start(isInPlace: boolean, writes: number, reads: number): Start {
  const table = share(LatestTable, { layout, rows: 1, versions: 2 }), into = filled(layout, 0);
  const writer = table.as("ann").writer(), reader = table.as("bob");
  const values = [1, 2, 3, 4].map((value) => filled(layout, value));
  let last = 0, begun = 0, written = 0;
  const read = (own: typeof reader): void => {
    const before = written, isThere = own.read(0, into), value = isThere ? valueIn(into) : 0;
    must(value >= last && value >= before && value <= begun, `read ${value}, after ${last}, as ${before} was written`);
    last = value;
  };
  return {
    actors: {
      ann() {
        for (let i = 0; i < writes; i++) {
          begun = i + 1;
          if (isInPlace) {
            fill(writer.begin(0), i + 1);
            writer.commit();
          } else writer.write(0, values[i]);
          written = i + 1;
        }
      },
      bob() {
        for (let i = 0; i < reads; i++) read(reader);
      },
    },
    neverHeldUp: ["ann", "bob"],
    check({ dead }) {
      const eve = table.as("eve");
      read(eve);
      if (!dead.includes("ann")) return;
      eve.writer().write(0, filled(layout, 9));
      must(eve.read(0, into) && valueIn(into) === 9, "the next writer's value is read");
    },
  };
}

export const scenarios: readonly Scenario[] = [
  quoting("one writes a row four times, one reads it twice", false, [
    { preemptions: 3 },
    { preemptions: 2, deaths: 1 },
    { preemptions: 1, stops: 1 },
    {
      preemptions: 2,
      memory: "x86",
      delays: 2,
    },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ]),
  quoting("one fills a row in place, one reads it twice", true, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, {
    preemptions: 1,
    stops: 1,
  }, {
    preemptions: 1,
    memory: "x86",
    delays: 2,
  }, { preemptions: 1, memory: "arm64", delays: 2 }]),
  quoting(
    "one writes a row three times, one reads it once",
    false,
    [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }, {
      preemptions: 1,
      memory: "arm64",
      delays: 1,
    }],
    3,
    1,
  ),
];
