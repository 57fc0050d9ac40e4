/** One case in a process of its own: `latest_table_case.ts read|write|begin`. Prints nanoseconds per operation. */
import { do_not_optimize, measure } from "mitata";
import process from "node:process";
import { f64, LatestTable, Segment, struct } from "../../mod.ts";

const Record64 = struct("Record64", { a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
const ROWS = 64, TIMES = 4096;

const segment = Segment.anonymous({ byteLength: 65_536 });
const table = segment.create("table", LatestTable, { layout: Record64, rows: ROWS });
const writer = table.writer(), record = Record64.alloc();
for (let row = 0; row < ROWS; row++) writer.write(row, record);

const cases: Record<string, () => unknown> = {
  read() {
    let found = 0;
    for (let i = 0; i < TIMES; i++) if (table.read(i % ROWS, record)) found++;
    return found;
  },
  write() {
    for (let i = 0; i < TIMES; i++) writer.write(i % ROWS, record);
  },
  begin() {
    for (let i = 0; i < TIMES; i++) {
      writer.begin(i % ROWS).a = i;
      writer.commit();
    }
  },
};

const work = cases[process.argv[2]];
const { p50 } = await measure(() => do_not_optimize(work()), { min_cpu_time: 400e6 });
console.log(JSON.stringify(p50 / TIMES));
process.exit(0);
