/**
 * One case in a process of its own, alone at the table: `keyed_table_case.ts get|row-of|miss|handle|add <keys>`.
 * Prints nanoseconds, as bench/c/keyed_table.c does.
 */
import process from "node:process";
import { chars, KeyedTable, Segment } from "../../mod.ts";
import { monotonicNs } from "../../ffi/system.ts";
import { Record64 } from "./record64.ts";
import { summaryOf, timeBatches } from "./batches.ts";

const TIMES = 4096, BATCHES = 300;

const [work, count] = [process.argv[2], Number(process.argv[3])];
const options = { layout: Record64, key: chars(16), capacity: count };
const segment = Segment.anonymous({ byteLength: KeyedTable.byteLength(options) + 2 ** 20 });
const table = segment.create("table", KeyedTable, options), writer = table.writer(), record = Record64.alloc();
const textOf = (number: number, prefix = "key-") => `${prefix}${String(number).padStart(12, "0")}`;
const additions: number[] = [];

function fill(): void {
  // Texts are made before time is taken.
  for (let from = 0; from < count; from += TIMES) {
    const texts = Array.from({ length: Math.min(TIMES, count - from) }, (_, i) => textOf(from + i));
    const start = monotonicNs();
    for (let i = 0; i < texts.length; i++) table.add(texts[i]);
    if (texts.length === TIMES && work === "add") additions.push((monotonicNs() - start) / TIMES);
  }
  for (let row = 0; row < count; row++) writer.write(row, record);
}

fill();
const asked = Math.min(count, 65_536);
const texts = Array.from({ length: asked }, (_, i) => {
  return textOf(Number(BigInt(i) * 2654435761n % BigInt(count)), work === "miss" ? "KEY-" : "key-");
});
const found = work === "handle" ? texts.map((text) => table.find(text)!) : [];

let next = 0, sum = 0;
const cases: Record<string, () => void> = {
  get() {
    for (let i = 0; i < TIMES; i++) {
      if (table.get(texts[next], record)) sum++;
      if (++next === asked) next = 0;
    }
  },
  rowOf() {
    for (let i = 0; i < TIMES; i++) {
      sum = (sum + table.rowOf(texts[next])) | 0;
      if (++next === asked) next = 0;
    }
  },
  handle() {
    for (let i = 0; i < TIMES; i++) {
      if (found[next].read(record)) sum++;
      if (++next === asked) next = 0;
    }
  },
};
const batches = work === "add"
  ? summaryOf(additions)
  : timeBatches(cases[work === "miss" || work === "row-of" ? "rowOf" : work], BATCHES, TIMES);
console.log(JSON.stringify({ ...batches, sum }));
process.exit(0);
