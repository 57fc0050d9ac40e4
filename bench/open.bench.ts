/** How long it takes to open a segment with 100 objects, to find one of them, to attach to it, and to take a role. */
import { bench, run } from "mitata";
import { randomUUID } from "node:crypto";
import { f64, LatestTable, Segment, type SharedType, SpscRing, struct } from "../mod.ts";
import { machine, printTable } from "./support/figures.ts";

const OBJECTS = 100;
const Quote = struct("Quote", { bid: f64, ask: f64 });
/** Attaching to it costs nothing, so the look-up is measured. */
const Nothing: SharedType<undefined, undefined> = {
  kind: "Nothing",
  byteLength: () => 8,
  init: () => {},
  attach: () => undefined,
};

const name = `/shmkit-bench-${randomUUID()}`;
using segment = Segment.create(name, { byteLength: 1 << 22 });
try {
  for (let i = 0; i < OBJECTS / 2; i++) {
    segment.create(`nothing ${i}`, Nothing, undefined);
    segment.create(`table ${i}`, LatestTable, { layout: Quote, rows: 16 });
  }
  segment.create("ring", SpscRing, { layout: Quote, capacity: 64 });

  const lastNothing = `nothing ${OBJECTS / 2 - 1}`, lastTable = `table ${OBJECTS / 2 - 1}`;
  let i = 0;
  bench(`open a segment with ${OBJECTS} objects, and close it`, () => Segment.open(name).close());
  bench("the same for reading only", () => Segment.open(name, { readOnly: true }).close());
  bench("look up an object, each in turn", () => {
    i = (i + 1) % (OBJECTS / 2);
    segment.open(`nothing ${i}`, Nothing, undefined);
  });
  bench("look up the last object", () => segment.open(lastNothing, Nothing, undefined));
  bench("look up and attach to the last table", () => segment.open(lastTable, LatestTable, { layout: Quote }));
  bench("attach to a ring, take a role and release it", () => {
    segment.open("ring", SpscRing, { layout: Quote }).producer().close();
  });

  const { benchmarks } = await run();
  console.log(`\n${machine()}`);
  printTable(
    ["µs", "p50", "p99", "best"],
    benchmarks.map(({ alias, runs: [{ stats }] }) => {
      return [alias, ...[stats!.p50, stats!.p99, stats!.min].map((ns) => (ns / 1000).toFixed(2))];
    }),
  );
} finally {
  Segment.unlink(name);
}
