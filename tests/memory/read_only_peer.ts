import process from "node:process";
import { f64, LatestTable, Segment, struct } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/*
 * Reads often enough that everything is compiled by the optimising compilers, one of which turns an atomic load into a
 * locked instruction that writes: in memory mapped for reading only, that would kill the process.
 */
const Quote = struct("Quote", { bid: f64, ask: f64 });
const segment = Segment.open(peerArgs[0], { readOnly: true });
const quotes = segment.open("quotes", LatestTable, { layout: Quote });
const quote = Quote.alloc();
let read = 0, empty = 0, version = 0;

function readOften(times: number): void {
  for (let i = 0; i < times; i++) {
    if (quotes.read(2, quote) && quote.ask === 2) read++;
    if (!quotes.read(1, quote)) empty++;
    version = quotes.version(2);
  }
}

for (let round = 0; round < 30; round++) readOften(100_000);
segment.objects();
report({ read, empty, version });
process.exit(0);
