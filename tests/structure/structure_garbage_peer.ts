import process from "node:process";
import { BookReading, BookUpdate, Counters, Histogram, KeyedTable, OrderBook, Segment } from "../../mod.ts";
import { watchGarbage } from "../../support/garbage.ts";
import { fill, keyOf, Sample, SMALL } from "./keyed_table_sample.ts";

/*
 * A million uses of each structure's hot paths, three million values for a histogram. A counter passes 2^31. The
 * control makes three million objects.
 */
const segment = Segment.anonymous({ byteLength: 2 ** 22 });
const sum = new Float64Array(1); // a plain variable might be boxed
const kept: unknown[] = [];
let made = 0;

const keys = Array.from({ length: 16 }, (_, number) => keyOf(number)), sample = Sample.alloc();
const update = new BookUpdate(), best = new BookReading(5);

function makeAll() {
  const number = made++;
  const table = segment.create(`table ${number}`, KeyedTable, SMALL), rows = table.writer();
  const book = segment.create(`book ${number}`, OrderBook, { levels: 200, priceDigits: 1 }), writer = book.writer();
  const histogram = segment.create(`histogram ${number}`, Histogram, { highest: 1e6, digits: 2 });
  const counters = segment.create(`counters ${number}`, Counters, { capacity: 4 });
  for (const [number, key] of keys.entries()) {
    fill(sample, number, 0);
    rows.set(key, sample);
  }
  update.clear();
  update.last = 0;
  for (let i = 0; i < 100; i++) {
    update.bids.push(1000 - i, 5);
    update.asks.push(1001 + i, 5);
  }
  writer.snapshot(update);
  const counter = counters.allocate("count");
  counter.set(2 ** 31 - 1000);
  return { table, rows, row: table.find(keys[3])!, book, writer, recorder: histogram.recorder(), counter, counters };
}

type All = ReturnType<typeof makeAll>;

const paths: Record<string, (all: All, uses: number) => void> = {
  "a histogram's record"({ recorder }, uses) {
    // Whole ones: of a fraction that is an argument V8 makes an object, whatever is called.
    for (let i = 0; i < uses * 0.3; i++) recorder.record(i & 0xffff);
  },
  "a counter's add, set, read"({ counter, counters }, uses) {
    for (let i = 0; i < uses / 10; i++) {
      counter.add();
      counter.add(3);
      if ((i & 7) === 0) counter.set(counters.read(0)! + 1);
    }
  },
  // What `quantityTo` and `averagePrice` return V8 makes an object of, as of every fraction that a call returns.
  "a book's change, read"({ book, writer }, uses) {
    for (let i = 1; i <= uses / 10; i++) {
      update.clear();
      update.previous = i - 1;
      update.last = update.first = i;
      update.bids.push(1000 - (i & 15), 1 + (i & 3));
      update.asks.push(1001 + (i & 31), i & 1);
      writer.change(update);
      if (book.read(best)) sum[0] += best.bids;
    }
  },
  "a table's write, get, find"({ table, rows, row }, uses) {
    for (let i = 0; i < uses / 10; i++) {
      sample.sequence = i;
      rows.write(i & 15, sample);
      rows.begin(3).sequence = i;
      rows.commit();
      if (table.get(keys[i & 15], sample)) sum[0] += sample.sequence;
      if (row.read(sample)) sum[0] += table.rowOf(keys[(i + 3) & 15]);
    }
  },
  "control"({ counter }, uses) {
    for (let i = 0; i < uses * 0.3; i++) {
      kept[i & 1023] = { i };
      counter.add();
    }
  },
};

await watchGarbage(paths, makeAll);
console.log(sum[0]);
process.exit(0);
