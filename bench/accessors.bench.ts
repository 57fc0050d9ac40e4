/**
 * Accessors against bare typed-array access: `bun bench/accessors.bench.ts`, `deno run -A bench/accessors.bench.ts`.
 * Every case walks 512 records. Twenty other structs are alive and warm, as in a real program; `--alone` leaves them
 * out.
 *
 * @module
 */

import { bench, do_not_optimize, run, summary } from "mitata";
import { array, decimal, f64, type Field, struct, u32, u53, Views } from "../lib/layout/mod.ts";

const ROWS = 512;
const Level = struct("Level", { price: f64, size: f64 });
const fields = { bid: f64, ask: f64, size: u32, count: u32, time: u53, price: decimal(8) };
const Quote = struct("Quote", fields);
const Book = struct("Book", { best: Level, levels: array(Level, 2), sizes: array(f64, 2) });

const views = new Views(new ArrayBuffer(ROWS * 64));
const { f64: doubles, u32: words } = views;
const STEP = Quote.byteLength, BOOK = Book.byteLength;
const D = STEP / 8, W = STEP / 4, B = BOOK / 8;

if (!process.argv.includes("--alone")) {
  for (let i = 0; i < 20; i++) {
    const more: Record<string, Field> = { ...fields };
    for (let j = 0; j < i; j++) more[`extra${j}`] = u32;
    // Functions of equal text share their profiles in some engines: each struct gets its own user.
    const Other = struct(`Other${i}`, more), view = Other.alloc() as unknown as Record<string, number>;
    const use = new Function(
      "view",
      "move",
      `/* ${i} */ let sum = 0; for (let i = 0; i < 20000; i++) { move(view, 0); view.bid = i; view.ask = i;
       view.size = i; view.count = i; view.time = i; view.price = i; sum += view.bid + view.ask + view.size + view.count
       + view.time + view.price; } return sum;`,
    );
    do_not_optimize(use(view, Other.moveTo));
  }
}

const quote = Quote.view(views), book = Book.view(views);

/** Each pair: the same work with bare arrays and through a view that is moved from row to row. */
const cases: Record<string, readonly [bare: (n: number) => number, view: (n: number) => number]> = {
  "get f64": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += doubles[i * D];
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        sum += quote.bid;
      }
      return sum;
    },
  ],
  "set f64": [
    (n) => {
      for (let i = 0; i < ROWS; i++) doubles[i * D] = n + i;
      return n;
    },
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        quote.bid = n + i;
      }
      return n;
    },
  ],
  "get u32": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += words[i * W + 4];
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        sum += quote.size;
      }
      return sum;
    },
  ],
  "set u32": [
    (n) => {
      for (let i = 0; i < ROWS; i++) words[i * W + 4] = n + i;
      return n;
    },
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        quote.size = n + i;
      }
      return n;
    },
  ],
  "get u53": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += words[i * W + 7] * 4294967296 + words[i * W + 6];
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        sum += quote.time;
      }
      return sum;
    },
  ],
  "set u53": [
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        const value = n + i;
        words[i * W + 6] = value >>> 0;
        words[i * W + 7] = (value - (value >>> 0)) * 2 ** -32;
      }
      return n;
    },
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        quote.time = n + i;
      }
      return n;
    },
  ],
  "get decimal": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += ((words[i * W + 9] | 0) * 4294967296 + words[i * W + 8]) / 1e8;
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        sum += quote.price;
      }
      return sum;
    },
  ],
  "set decimal": [
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        const value = Math.round((n + i) * 0.01 * 1e8);
        words[i * W + 8] = value >>> 0;
        words[i * W + 9] = (value - (value >>> 0)) * 2 ** -32;
      }
      return n;
    },
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        quote.price = (n + i) * 0.01;
      }
      return n;
    },
  ],
  "get 4 fields": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        sum += doubles[i * D] + doubles[i * D + 1] + words[i * W + 4] + words[i * W + 5];
      }
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        sum += quote.bid + quote.ask + quote.size + quote.count;
      }
      return sum;
    },
  ],
  "set 4 fields": [
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        doubles[i * D] = n + i;
        doubles[i * D + 1] = n - i;
        words[i * W + 4] = n + i;
        words[i * W + 5] = i;
      }
      return n;
    },
    (n) => {
      for (let i = 0; i < ROWS; i++) {
        Quote.moveTo(quote, i * STEP);
        quote.bid = n + i;
        quote.ask = n - i;
        quote.size = n + i;
        quote.count = i;
      }
      return n;
    },
  ],
  "get nested": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += doubles[i * B + 1];
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Book.moveTo(book, i * BOOK);
        sum += book.best.size;
      }
      return sum;
    },
  ],
  "get array": [
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) sum += doubles[i * B + 6 + (i & 1)];
      return sum;
    },
    () => {
      let sum = 0;
      for (let i = 0; i < ROWS; i++) {
        Book.moveTo(book, i * BOOK);
        sum += book.sizes.get(i & 1);
      }
      return sum;
    },
  ],
};

for (const [name, pair] of Object.entries(cases)) {
  // Values stay small, so that sums of reinterpreted bytes stay finite.
  let n = 0;
  summary(() => {
    bench(`${name}, bare`, () => do_not_optimize(pair[0](n = (n + 1) & 1023))).baseline(true);
    bench(`${name}, view`, () => do_not_optimize(pair[1](n = (n + 1) & 1023)));
  });
}

const { benchmarks } = await run();
const figures = benchmarks.map(({ runs }) => runs[0].stats!.p50 / ROWS);
console.log("\nview / bare, nanoseconds a record (p50)");
Object.keys(cases).forEach((name, i) => {
  const bare = figures[2 * i], view = figures[2 * i + 1];
  console.log(`${name.padEnd(14)} ${view.toFixed(2)} / ${bare.toFixed(2)} = ${(view / bare).toFixed(2)}`);
});
