/** How long it takes to open a segment with 100 objects, and to attach to each of them. */
import { bench, run } from "mitata";
import process from "node:process";
import { f64, LatestTable, Segment, struct } from "../mod.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });
const name = `/shmkit-bench-${process.pid}`;
const segment = Segment.create(name, { byteLength: 2 ** 22 });
process.on("exit", () => Segment.unlink(name));
for (let i = 0; i < 100; i++) segment.create(`object ${i}`, LatestTable, { layout: Quote, rows: 16 });

bench("open a segment with 100 objects", () => Segment.open(name).close()).gc("inner");
bench("open it and attach to all 100", () => {
  using other = Segment.open(name);
  for (let i = 0; i < 100; i++) other.open(`object ${i}`, LatestTable, { layout: Quote });
}).gc("inner");
bench("attach to one of 100 objects", () => segment.open("object 99", LatestTable, { layout: Quote }));
await run();
