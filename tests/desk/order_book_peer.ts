import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { OrderBook } from "../../examples/desk/book/order_book.ts";
import { depthEvent } from "../../examples/desk/input/events.ts";
import { Segment } from "../../mod.ts";
import { peerArgs, tell, told } from "../../support/in_peer.ts";
import { faultOf, fillChange, fillSnapshot } from "./order_book_sample.ts";

const [what, name] = peerArgs;
const segment = Segment.open(name, { role: what });
const book = segment.open("book", OrderBook, {});

/** Goes on where the writer before this one was, at full speed. Ends only by a signal. */
function write(): never {
  const writer = book.writer();
  const event = depthEvent();
  let sequence = writer.sequence;
  if (!writer.isValid) {
    fillSnapshot(event, ++sequence);
    writer.apply(event);
  }
  tell({ taken: sequence });
  while (true) {
    fillChange(event, ++sequence);
    const applied = writer.apply(event);
    if (applied !== "applied") throw new Error(`${applied} at ${sequence}`);
  }
}

/** Reads for a second, for longer where the writer gets too little of the processor. */
async function read(): Promise<void> {
  const tops = [OrderBook.top(1), OrderBook.top(5), OrderBook.top(64)];
  const faults: string[] = [];
  let reads = 0, backwards = 0, distinct = 0, last = 0;
  const start = performance.now(), elapsed = () => performance.now() - start;
  while (elapsed() < 1000 || (distinct <= 100 && elapsed() < 20_000)) {
    for (let i = 0; i < 300; i++) {
      const top = tops[i % 3];
      if (!book.read(top)) faults.push("not valid");
      reads++;
      const fault = faultOf(top);
      if (fault !== undefined && faults.length < 5) faults.push(fault);
      if (top.sequence < last) backwards++;
      if (top.sequence !== last) distinct++;
      last = top.sequence;
    }
    await delay(0);
  }
  tell({ reads, faults, backwards, distinct });
}

if (what === "write") write();
else if (what === "read") await read();
else {
  tell("ready");
  for await (const _ of told()) write();
}
process.exit(0);
