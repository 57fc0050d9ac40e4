/** Writes quotes at full speed until it is told to end: `writer.ts <segment> <row of the report>`. */
import process from "node:process";
import { LatestTable, Segment } from "../../mod.ts";
import { fillQuote, Quote, Report, ROWS } from "./layout.ts";
import { untilTold } from "./until_told.ts";

const [name, reportRow] = process.argv.slice(2);
using segment = Segment.open(name, { role: "writer" });
using quotes = segment.open("quotes", LatestTable, { layout: Quote }).writer();
using reports = segment.open(`report ${reportRow}`, LatestTable, { layout: Report }).writer();
const quote = Quote.alloc();
let sequence = 0;

await untilTold(() => {
  for (let i = 0; i < 20_000; i++) {
    fillQuote(quote, ++sequence);
    quote.time = segment.now();
    quotes.write(sequence % ROWS, quote);
  }
  reports.write(0, { count: sequence });
});
