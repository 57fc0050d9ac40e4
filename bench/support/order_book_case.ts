/**
 * One case in a process of its own, alone at the book: `order_book_case.ts top|middle|insert|read`, as
 * bench/c/order_book.cpp.
 */
import process from "node:process";
import { BookReading, BookUpdate, OrderBook, Segment } from "../../mod.ts";
import { timeBatches } from "./batches.ts";

const LEVELS = 1000, TIMES = 1000, BATCHES = 1000, MIDDLE = 100_000;

const segment = Segment.anonymous({ byteLength: 2 ** 20 });
const book = segment.create("book", OrderBook, { levels: 1100, priceDigits: 1, quantityDigits: 0 });
const writer = book.writer(), update = new BookUpdate(), reading = new BookReading(10);
for (let i = 1; i <= LEVELS; i++) {
  update.bids.push(MIDDLE - i, i);
  update.asks.push(MIDDLE + i, i);
}
update.last = 1;
writer.snapshot(update);

let sequence = 1, sum = 0;
function change(price: number, quantity: number): void {
  update.bids.length = update.asks.length = 0;
  update.bids.push(price, quantity);
  update.previous = sequence;
  update.first = update.last = ++sequence;
  writer.change(update);
}

const cases: Record<string, () => void> = {
  top() {
    for (let i = 1; i <= TIMES; i++) change(MIDDLE - 1, i);
  },
  middle() {
    for (let i = 1; i <= TIMES; i++) change(MIDDLE - 450 - i % 100, i);
  },
  insert() {
    for (let i = 1; i <= TIMES; i++) change(MIDDLE - 500.5, i & 1);
  },
  read() {
    for (let i = 1; i <= TIMES; i++) {
      book.read(reading);
      sum += reading.bids;
    }
  },
};

const batches = timeBatches(cases[process.argv[2]], BATCHES, TIMES);
console.log(JSON.stringify({ ...batches, sum }));
process.exit(0);
