/** Reads all quotes over and over until it is told to end: `reader.ts <segment> <row of the report>`. */
import { build } from "hdr-histogram-js";
import process from "node:process";
import { LatestTable, Segment } from "../../mod.ts";
import { isWhole, Quote, Report, ROWS } from "./layout.ts";
import { untilTold } from "./until_told.ts";

const [name, reportRow] = process.argv.slice(2);
using segment = Segment.open(name, { role: "reader" });
const quotes = segment.open("quotes", LatestTable, { layout: Quote });
using reports = segment.open(`report ${reportRow}`, LatestTable, { layout: Report }).writer();
const quote = Quote.alloc();
const last = new Array<number>(ROWS).fill(0);
const age = build({ highestTrackableValue: 60e9, numberOfSignificantValueDigits: 2 });
let count = 0, fresh = 0, torn = 0, backwards = 0;

await untilTold(() => {
  for (let i = 0; i < 20_000; i++) {
    const row = i % ROWS;
    if (!quotes.read(row, quote)) continue;
    count++;
    const { sequence } = quote;
    if (!isWhole(quote)) torn++;
    if (sequence < last[row]) backwards++;
    if (sequence === last[row]) continue;
    fresh++;
    last[row] = sequence;
    // Asking the clock costs more than reading, so not every fresh quote is timed.
    if (fresh % 16 === 0) age.recordValue(Math.max(1, segment.now() - quote.time));
  }
  reports.write(0, {
    count,
    fresh,
    torn,
    backwards,
    p50: age.getValueAtPercentile(50),
    p99: age.getValueAtPercentile(99),
  });
});
