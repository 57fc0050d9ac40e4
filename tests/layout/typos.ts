/**
 * What the compiler must refuse: a misspelt field of a record, however it was reached. Nothing here is run; `check`
 * compiles it, and a line that compiles although it should not is an error.
 *
 * @module
 */
import {
  Broadcast,
  chars,
  f64,
  KeyedTable,
  LatestTable,
  MpmcQueue,
  Pipeline,
  type Segment,
  SeqLock,
  SpscRing,
  struct,
} from "@shmkit/shmkit";

const Quote = struct("Quote", { bid: f64, ask: f64 });
const record = { layout: Quote, capacity: 8 } as const;

/** By `create`, `open` and `openOrCreate` alike. */
export function tables(segment: Segment): void {
  const made = segment.create("quotes", LatestTable, { layout: Quote, rows: 2 });
  const opened = segment.open("quotes", LatestTable, { layout: Quote });
  const either = segment.openOrCreate("quotes", LatestTable, { layout: Quote, rows: 2 });
  const quote = Quote.alloc();
  made.read(0, quote);
  quote.bid += 1;
  // @ts-expect-error There is no such field.
  quote.bidd = 1;
  for (const writer of [made.writer(), opened.writer(), either.writer()]) {
    writer.begin(0).bid = 1;
    // @ts-expect-error There is no such field.
    writer.begin(0).bidd = 1;
    writer.write(0, { ask: 1 });
    // @ts-expect-error There is no such field.
    writer.write(0, { aks: 1 });
    // @ts-expect-error It is a number.
    writer.write(0, { ask: "1" });
  }
  // @ts-expect-error A table has rows.
  segment.create("quotes", LatestTable, { layout: Quote });
  // @ts-expect-error A misspelt option.
  segment.open("quotes", LatestTable, { layout: Quote, row: 3 });
}

/** Rows with keys. */
export function keyedTables(segment: Segment): void {
  const options = { layout: Quote, key: chars(8), capacity: 2 } as const;
  const table = segment.openOrCreate("keyed", KeyedTable, options), writer = table.writer(), quote = Quote.alloc();
  if (table.get("BTC", quote)) quote.bid += 1;
  const row = writer.set("BTC", { bid: 1 });
  // @ts-expect-error There is no such field.
  writer.set("BTC", { bidd: 1 });
  // @ts-expect-error There is no such field.
  writer.write(row, { bidd: 1 });
  // @ts-expect-error There is no such field.
  writer.begin(row).bidd = 1;
  // @ts-expect-error Another layout's record.
  segment.open("keyed", KeyedTable, { layout: Quote }).get("BTC", struct("Size", { size: f64 }).alloc());
  // @ts-expect-error Keys have a type.
  segment.create("keyed", KeyedTable, { layout: Quote, capacity: 2 });
}

/** All that has producers and consumers of records. */
export function rings(segment: Segment): void {
  const ring = segment.create("ring", SpscRing, record), queue = segment.open("queue", MpmcQueue, record);
  for (const producer of [ring.producer(), queue.producer()]) {
    producer.claim()!.bid = 1;
    // @ts-expect-error There is no such field.
    producer.claim()!.bidd = 1;
    producer.push({ bid: 1 });
    // @ts-expect-error There is no such field.
    producer.push({ bdi: 1 });
    // @ts-expect-error There is no such field.
    producer.claimWait()!.prise = 1;
  }
  for (const consumer of [ring.consumer(), queue.consumer()]) {
    consumer.drain((quote) => void quote.bid);
    // @ts-expect-error There is no such field.
    consumer.drain((quote) => void quote.prise);
    // @ts-expect-error There is no such field.
    void consumer.next()!.bidd;
    // @ts-expect-error There is no such field.
    consumer.drainWait((quote) => void quote.prise);
  }
}

/** Those with one writer and many readers. */
export function streams(segment: Segment): void {
  const broadcast = segment.openOrCreate("broadcast", Broadcast, record);
  broadcast.writer().push({ bid: 1 });
  // @ts-expect-error There is no such field.
  broadcast.writer().push({ bidd: 1 });
  // @ts-expect-error There is no such field.
  void broadcast.reader().next()!.bidd;
  const pipeline = segment.create("pipeline", Pipeline, { ...record, readers: { last: [] } });
  // @ts-expect-error There is no such field.
  pipeline.writer().claim()!.bidd = 1;
  // @ts-expect-error There is no such field.
  pipeline.reader("last").drain((quote) => void quote.prise);
}

/** However the memory was reached. */
export function openings(segment: Segment): void {
  // @ts-expect-error There is no such field.
  segment.open("ring", SpscRing, record).producer().push({ bidd: 1 });
  // @ts-expect-error There is no such field.
  segment.openOrCreate("ring", SpscRing, record).producer().push({ bidd: 1 });
  // @ts-expect-error There is no such field.
  segment.create("queue", MpmcQueue, record).producer().push({ bidd: 1 });
  // @ts-expect-error There is no such field.
  segment.create("broadcast", Broadcast, record).writer().push({ bidd: 1 });
  // @ts-expect-error There is no such field.
  segment.open("pipeline", Pipeline, { layout: Quote }).writer().push({ bidd: 1 });
}

/** A lock that protects a record. */
export function records(segment: Segment): void {
  const lock = segment.create("limits", SeqLock, { layout: Quote });
  lock.write((quote) => quote.bid = 1);
  lock.write({ ask: 1 });
  const bid: number = lock.read((quote) => quote.bid) + lock.payload.ask;
  lock.beginWrite().bid = bid;
  // @ts-expect-error There is no such field.
  lock.write((quote) => quote.bidd = 1);
  // @ts-expect-error There is no such field.
  lock.write({ aks: 1 });
  // @ts-expect-error A reader changes nothing.
  lock.read((quote) => quote.bid = 1);
  // @ts-expect-error There is no such field.
  void segment.open("limits", SeqLock, { layout: Quote }).payload.bidd;
  // @ts-expect-error There is no such field.
  lock.beginWrite().bidd = 1;
  // @ts-expect-error A function that continues after it has returned.
  lock.write(() => Promise.resolve());
  const bytes = segment.openOrCreate("bytes", SeqLock, { payloadBytes: 8 });
  bytes.write(({ f64 }) => f64[0] = 1);
  void segment.open("bytes", SeqLock).payload.f64[0];
  // @ts-expect-error Bytes have no names.
  bytes.write({ bid: 1 });
  // @ts-expect-error A layout says how many bytes there are.
  segment.create("limits", SeqLock, { layout: Quote, payloadBytes: 16 });
  // @ts-expect-error Neither bytes nor a layout.
  segment.create("limits", SeqLock, {});
}

/** A layout by itself. */
export function layouts(): void {
  // @ts-expect-error There is no such field.
  Quote.assign(Quote.alloc(), { bidd: 1 });
  // @ts-expect-error There is no such field.
  void Quote.toObject(Quote.alloc()).bidd;
}
