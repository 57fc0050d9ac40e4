/**
 * One case in a process of its own, nobody else at the table: `latest_table_case.ts read|write|begin [--5-layouts]`.
 * With the flag, tables of four other layouts were read and written before, as in a real program. Prints nanoseconds.
 */
import { do_not_optimize, measure } from "mitata";
import process from "node:process";
import { type AnyStruct, decimal, f64, type Fields, LatestTable, Segment, struct, u32, u53 } from "../../mod.ts";
import { Record64 } from "./record64.ts";

/** As many as in C. Rows follow each other: no access waits for a store to the same place just before it. */
const ROWS = 64, LAST = ROWS - 1, TIMES = 4096;

const segment = Segment.anonymous({ byteLength: 1 << 20 });
const table = segment.create("table", LatestTable, { layout: Record64, rows: ROWS });
const writer = table.writer(), record = Record64.alloc();

const cases: Record<string, () => void> = {
  read() {
    for (let i = 0; i < TIMES; i++) table.read(i & LAST, record);
  },
  write() {
    for (let i = 0; i < TIMES; i++) writer.write(i & LAST, record);
  },
  begin() {
    for (let i = 0; i < TIMES; i++) {
      writer.begin(i & LAST).a = i;
      writer.commit();
    }
  },
};

function use(table: LatestTable<AnyStruct>, writer = table.writer()): void {
  const view = table.layout.alloc();
  for (let i = 0; i < 20_000; i++) {
    writer.write(i & LAST, view);
    table.read(i & LAST, view);
    writer.begin(i & LAST);
    writer.commit();
    if (i % 10 === 0) writer.write(i & LAST, { a: i & 127 });
  }
}

if (process.argv.includes("--5-layouts")) {
  const others: Fields[] = [{ a: f64, b: f64 }, { a: f64, b: u32, c: u32 }, { a: u53, b: decimal(8) }, {
    a: u32,
    b: f64,
    c: u53,
  }];
  others.forEach((fields, i) => {
    use(segment.create(`other ${i}`, LatestTable, { layout: struct(`Other${i}`, fields), rows: ROWS }));
  });
  use(table, writer);
}
for (let row = 0; row < ROWS; row++) writer.write(row, record);

const work = cases[process.argv[2]];
const { p50, min } = await measure(() => do_not_optimize(work()), { min_cpu_time: 300e6 });
console.log(JSON.stringify({ p50: p50 / TIMES, min: min / TIMES }));
process.exit(0);
