/**
 * A table of the latest prices. One process writes, any number read; a reader never waits and never sees half a row.
 * Here both are in one process, as two attachments to the same memory: `bun examples/table.ts`.
 *
 * @module
 */
import { f64, LatestTable, Segment, struct, u53 } from "@shmkit/shmkit";

const Quote = struct("Quote", { bid: f64, ask: f64, time: u53 });

// The feed's process makes the memory. With a name, such as "/md", it would outlive the process.
using feed = Segment.anonymous({ byteLength: 65536, role: "feed" });
const writer = feed.create("quotes", LatestTable, { layout: Quote, rows: 100 }).writer();
writer.write(7, { bid: 100.5, ask: 100.6, time: feed.now() });
writer.write(9, { bid: 20.1, ask: 20.2, time: feed.now() });

const row = writer.begin(7); // allocates nothing: the row itself, with its current values
row.bid = 100.55;
writer.commit();

// A strategy's process opens it by name, and finds out which rows have changed.
using strategy = Segment.open(feed.name, { role: "strategy" });
const quotes = strategy.open("quotes", LatestTable, { layout: Quote });
const quote = Quote.alloc();
const seen = quotes.changedSince(0, (index) => {
  quotes.read(index, quote);
  console.log(`row ${index}: ${quote.bid} / ${quote.ask}`);
});
console.log(`${seen} changes, by ${strategy.participants().map(({ role }) => role).join(" and ")}`);
