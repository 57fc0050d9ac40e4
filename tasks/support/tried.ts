import { readdirSync, readFileSync } from "node:fs";

/** The number of `futex_waitv` on all processors. */
const FUTEX_WAITV = "449 ";

/** Whether a thread of this process waits in the kernel for several words. */
function hasThread(): boolean {
  return readdirSync("/proc/self/task").some((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/syscall`, "utf8").startsWith(FUTEX_WAITV);
    } catch {
      return false; // it has just ended
    }
  });
}

/**
 * Uses the library as its user would, however it was built.
 *
 * @param name What it is, in messages.
 */
export async function tryLibrary(library: typeof import("../../mod.ts"), name: string): Promise<void> {
  const { Broadcast, ByteRing, f64, LatestTable, MpmcQueue, Mutex, Pipeline, Segment, SeqLock, SpscRing, struct } =
    library;

  const Quote = struct("Quote", { bid: f64 }), quote = Quote.alloc(), options = { layout: Quote, capacity: 8 };
  using segment = Segment.anonymous({ byteLength: 1 << 20 });

  const expect = (what: string, isRight: boolean): void => {
    if (!isRight) throw new Error(`${name}: ${what} does not return what was written`);
  };

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

  // A task that is asleep, which a thread made from the text of a function wakes.
  const awaited = segment.create("awaited", SpscRing, options), sleeper = awaited.consumer({ pollMs: 0 });
  const woken = sleeper.shiftAsync(quote);
  for (const end = performance.now() + 10_000; !hasThread();) {
    if (performance.now() > end) throw new Error(`${name}: no thread waits for a task`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  awaited.producer().push({ bid: 9.5 });
  expect("shiftAsync", await woken && quote.bid === 9.5);
  const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
  console.log(`${runtime}: ${name} works, with ${Object.keys(library).length} exports`);
}
