import { load, release } from "../../../lib/atomic/mod.ts";
import { LatestTable } from "../../../lib/channel/latest_table/latest_table.ts";
import { fill, filled, recordsOf, valueIn } from "../../../support/explorer/inside/bound_record.ts";
import { must, type Scenario, share, type Start, words } from "../../../support/explorer/inside/scenario.ts";

const layout = recordsOf(2);

/** A row is whole, and never older than one that was read before. */
function quoting(
  title: string,
  isInPlace: boolean,
  settings: Scenario["settings"],
  writes = 4,
  reads = 2,
  readers: readonly string[] = ["bob"],
): Scenario {
  return { part: "LatestTable", title, settings, start: () => start(isInPlace, writes, reads, readers) };
}

function start(isInPlace: boolean, writes: number, reads: number, readers: readonly string[]): Start {
  const table = share(LatestTable, { layout, rows: 1, versions: 2 }), writer = table.as("ann").writer();
  const values = [1, 2, 3, 4].map((value) => filled(layout, value));
  const written = words(1, "written"); // a word of the world, so that it is read right before a row is
  let begun = 0;
  const readerOf = (who: string): () => number => {
    const own = table.as(who), into = filled(layout, 0);
    let last = 0;
    return () => {
      const before = Math.max(last, load(written, 0)), value = own.read(0, into) ? valueIn(into) : 0;
      must(value >= before && value <= begun, `read ${value}, and ${before} was written or read before`);
      return last = value;
    };
  };
  const actors: Record<string, () => void> = {};
  for (const who of readers) {
    const read = readerOf(who);
    actors[who] = () => {
      for (let i = 0; i < reads; i++) read();
    };
  }
  return {
    actors: {
      ann() {
        for (let i = 0; i < writes; i++) {
          begun = i + 1;
          if (isInPlace) {
            fill(writer.begin(0), i + 1);
            writer.commit();
          } else writer.write(0, values[i]);
          release(written, 0, i + 1); // no fence, so that what was written may come to be seen late
        }
      },
      ...actors,
    },
    neverHeldUp: ["ann", "bob"],
    check({ dead }) {
      readerOf("eve")();
      if (!dead.includes("ann")) return;
      const heir = table.as("eve"), into = filled(layout, 0);
      heir.writer().write(0, filled(layout, 9));
      must(heir.read(0, into) && valueIn(into) === 9, "the next writer's value is read");
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
  quoting(
    "one writes a row twice, two read it once",
    false,
    [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
    2,
    1,
    ["bob", "cid"],
  ),
];
