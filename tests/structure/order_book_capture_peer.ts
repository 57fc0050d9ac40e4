import { setTimeout as delay } from "node:timers/promises";
import { BookReading, OrderBook, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/**
 * Reads a book from its first snapshot until it is invalid again, and reports every different top that it saw: by its
 * sequence number within a replay, as the top must be the same in all of them.
 */
const segment = Segment.open(peerArgs[0], { readOnly: peerArgs[1] === "readOnly" });
const book = segment.open("book", OrderBook, {}), reading = new BookReading(20);
const tops = new Map<number, readonly number[]>(), faults: string[] = [], span = Number(peerArgs[2]);
let reads = 0, last = -1, different = 0, isBegun = false;
report("reading");
while (true) {
  const isValid = book.read(reading);
  if (!isValid && isBegun) break;
  isBegun = isValid;
  reads++;
  if (isValid && reading.sequence !== last) {
    if (reading.sequence < last) faults.push(`${reading.sequence} behind ${last}`);
    last = reading.sequence;
    different++;
    const top = [reading.bid, reading.bidQuantity, reading.ask, reading.askQuantity], before = tops.get(last % span);
    if (before === undefined) tops.set(last % span, top);
    else if (top.some((value, i) => value !== before[i])) faults.push(`${top} in place of ${before} at ${last}`);
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
report({ reads, different, tops: Array.from(tops, ([place, top]) => [place, ...top]), faults: faults.slice(0, 5) });
// No exit here: it would cut off what is on its way.
segment.close();
