import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { BookReading, OrderBook, Segment } from "../../mod.ts";
import { peerArgs, tell } from "../../support/in_peer.ts";

/** Reads a book from its first snapshot until it is invalid again, and tells every different top that it saw. */
const segment = Segment.open(peerArgs[0], { readOnly: peerArgs[1] === "readOnly" });
const book = segment.open("book", OrderBook, {}), reading = new BookReading(20);
const tops: [sequence: number, ...top: number[]][] = [], faults: string[] = [];
let reads = 0, last = -1, isBegun = false;
tell("reading");
while (true) {
  const isValid = book.read(reading);
  if (!isValid && isBegun) break;
  isBegun = isValid;
  reads++;
  if (isValid && reading.sequence !== last) {
    if (reading.sequence < last) faults.push(`${reading.sequence} behind ${last}`);
    last = reading.sequence;
    tops.push([last, reading.bid, reading.bidQuantity, reading.ask, reading.askQuantity]);
    for (let i = 1; i < reading.bids; i++) {
      if (reading.bidPrices[i] >= reading.bidPrices[i - 1]) faults.push(`bid ${i}`);
    }
    for (let i = 1; i < reading.asks; i++) {
      if (reading.askPrices[i] <= reading.askPrices[i - 1]) faults.push(`ask ${i}`);
    }
    if (reading.isCrossed) faults.push(`crossed at ${last}`);
  }
  if (!isValid || reads % 50 === 0) await delay(0);
}
tell({ reads, tops, faults: faults.slice(0, 5) });
process.exit(0);
