/**
 * One case in a process of its own, alone at the table: `latest_table_case.ts read|write|begin` and flags.
 * `--mixed`: one field of the record's eight is a u53. `--in-use`: the process has used all channels and locks before,
 * this table among them. Prints nanoseconds.
 */
import { do_not_optimize, measure } from "mitata";
import process from "node:process";
import { type AnyStruct, f64, LatestTable, Segment, struct, u53 } from "../../mod.ts";
import { useAll } from "./in_use.ts";
import { Record64 } from "./record64.ts";

/** As many as in C. Rows follow each other: no access waits for a store to the same place just before it. */
const ROWS = 64, LAST = ROWS - 1, TIMES = 4096;

const f64s = { b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 };
const layout: AnyStruct = process.argv.includes("--mixed") ? struct("Mixed64", { a: u53, ...f64s }) : Record64;
const segment = Segment.anonymous({ byteLength: 1 << 20 });
const table = segment.create("table", LatestTable, { layout, rows: ROWS });
const writer = table.writer(), record = layout.alloc();

const cases: Record<string, () => void> = {
  read() {
    for (let i = 0; i < TIMES; i++) table.read(i & LAST, record);
  },
  write() {
    for (let i = 0; i < TIMES; i++) writer.write(i & LAST, record);
  },
  begin() {
    for (let i = 0; i < TIMES; i++) {
      (writer.begin(i & LAST) as { a: number }).a = i;
      writer.commit();
    }
  },
};

if (process.argv.includes("--in-use")) {
  useAll();
  for (let i = 0; i < 10; i++) cases.read();
  for (let i = 0; i < 10; i++) cases.write();
  for (let i = 0; i < 10; i++) cases.begin();
}
for (let row = 0; row < ROWS; row++) writer.write(row, record);

const work = cases[process.argv[2]];
const { p50, min } = await measure(() => do_not_optimize(work()), { min_cpu_time: 300e6 });
console.log(JSON.stringify({ p50: p50 / TIMES, min: min / TIMES }));
process.exit(0);
