import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { BookReading, BookUpdate, OrderBook, Segment } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { faultOf, fillChange, fillSnapshot } from "./order_book_sample.ts";

const [what, name] = peerArgs;
const segment = Segment.open(name, { role: what });
const book = segment.open("book", OrderBook, {});

/** Continues where the previous writer stopped, at full speed. Ends only by a signal. */
function write(): never {
  const writer = book.writer(), update = new BookUpdate();
  let sequence = writer.sequence;
  if (!writer.isValid) {
    fillSnapshot(update, ++sequence);
    writer.snapshot(update);
  }
  report({ taken: sequence });
  while (true) {
    fillChange(update, ++sequence);
    const applied = writer.change(update);
    if (applied !== "applied") throw new Error(`${applied} at ${sequence}`);
  }
}

/** Reads for a while, for longer where the writer gets too little of the processor. */
async function read(): Promise<void> {
  const readings = [new BookReading(1), new BookReading(5), new BookReading(64)], faults: string[] = [];
  let reads = 0, backwards = 0, distinct = 0, last = 0;
  const start = performance.now(), elapsed = () => performance.now() - start;
  while (elapsed() < 500 || ((distinct <= 100 || reads <= 1000) && elapsed() < 20_000)) {
    for (let i = 0; i < 300; i++) {
      const reading = readings[i % 3];
      if (!book.read(reading)) faults.push("not valid");
      reads++;
      const fault = faultOf(reading);
      if (fault !== undefined && faults.length < 5) faults.push(fault);
      if (reading.sequence < last) backwards++;
      if (reading.sequence !== last) distinct++;
      last = reading.sequence;
    }
    await delay(0);
  }
  report({ reads, faults, backwards, distinct });
}

if (what === "write") write();
else if (what === "read") await read();
else {
  report("ready");
  for await (const _ of orders()) write();
}
process.exit(0);
