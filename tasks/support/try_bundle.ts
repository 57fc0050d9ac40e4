/**
 * Uses a bundle of the package as its user would: `try_bundle.ts <bundle>`.
 *
 * @module
 */
import process from "node:process";
import { pathToFileURL } from "node:url";

const path = process.argv.at(-1)!;
const bundle: typeof import("../../mod.ts") = await import(pathToFileURL(path).href);
const { Broadcast, ByteRing, f64, LatestTable, MpmcQueue, Mutex, Pipeline, Segment, SeqLock, SpscRing, struct } =
  bundle;

const Quote = struct("Quote", { bid: f64 }), quote = Quote.alloc(), options = { layout: Quote, capacity: 8 };
using segment = Segment.anonymous({ byteLength: 1 << 20 });

function expect(what: string, isRight: boolean): void {
  if (!isRight) throw new Error(`${path}: ${what} does not return what was written`);
}

const table = segment.create("table", LatestTable, { layout: Quote, rows: 1 });
table.writer().write(0, { bid: 1.5 });
expect("LatestTable", table.read(0, quote) && quote.bid === 1.5);

const ring = segment.create("ring", SpscRing, options), consumer = ring.consumer();
ring.producer().push({ bid: 2.5 });
expect("SpscRing", consumer.shift(quote) && quote.bid === 2.5);

const queue = segment.create("queue", MpmcQueue, options);
queue.producer().push({ bid: 3 });
expect("MpmcQueue", queue.consumer().shift(quote) && quote.bid === 3);

const broadcast = segment.create("broadcast", Broadcast, options), reader = broadcast.reader({ from: "oldest" });
broadcast.writer().push({ bid: 3.5 });
expect("Broadcast", reader.shift(quote) && quote.bid === 3.5);

const pipeline = segment.create("pipeline", Pipeline, { ...options, readers: { last: [] } });
const last = pipeline.reader("last");
pipeline.writer().push({ bid: 4.5 });
expect("Pipeline", last.shift(quote) && quote.bid === 4.5);

const bytes = segment.create("bytes", ByteRing, { capacity: 1024, producers: "one" }), receiver = bytes.consumer();
bytes.producer().push(Uint8Array.of(5, 6), 7);
expect("ByteRing", receiver.shift()?.bytes[1] === 6);

const record = segment.create("record", SeqLock, { payloadBytes: 16 });
record.write(({ f64 }) => void (f64[1] = 8.5));
expect("SeqLock", record.read(({ f64 }) => f64[1]) === 8.5);

const mutex = segment.create("mutex", Mutex, {});
expect("Mutex", mutex.tryLock() && mutex.stats().acquisitions === 1);
mutex.unlock();
console.log(`${"Bun" in globalThis ? "bun" : "deno"}: ${path} works, with ${Object.keys(bundle).length} exports`);
