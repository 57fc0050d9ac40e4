import {
  array,
  BookUpdate,
  Broadcast,
  ByteRing,
  chars,
  Counters,
  decimal,
  enumeration,
  f64,
  Histogram,
  KeyedTable,
  LatestTable,
  MpmcQueue,
  Mutex,
  Once,
  OrderBook,
  Pipeline,
  RwLock,
  Segment,
  Semaphore,
  SeqLock,
  SpscRing,
  struct,
  u32,
  u53,
  u64,
} from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";

/*
 * A program with one of each part in its segment, which acts on messages.
 */
const Leg = struct("Leg", { price: f64, size: u32 });
const Quote = struct("Quote", {
  bid: f64,
  fee: decimal(8),
  side: enumeration({ buy: 0, sell: 1 }),
  name: chars(12),
  id: u64,
  time: u53,
  leg: Leg,
  depth: array(f64, 2),
});

const segment = Segment.create(peerArgs[0], {
  byteLength: 1 << 20,
  role: "feed",
  mode: Number(peerArgs[1] ?? 0o600),
  maxParticipants: 2,
});
const layout = Quote, one = { bid: 1.5, fee: 0.25, side: "sell" as const, name: "BTC", id: 7n, time: 99 };

const table = segment.create("quotes", LatestTable, { layout, rows: 8 }), writer = table.writer();
writer.write(3, { ...one, leg: { price: 4, size: 5 }, depth: [6, 7] });

const ring = segment.create("ticks", SpscRing, { layout: Leg, capacity: 4 }), ticks = ring.producer();
ring.consumer().close();
for (let price = 1; price <= 5; price++) ticks.push({ price, size: price * 10 }); // the last is refused

const queue = segment.create("jobs", MpmcQueue, { layout: Leg, capacity: 8 }), jobs = queue.producer();
for (let price = 1; price <= 3; price++) jobs.push({ price, size: 1 });
queue.consumer().shift(Leg.alloc());

const bytes = segment.create("log", ByteRing, { capacity: 1024, producers: "many" }), log = bytes.producer();
log.push("hello", 1);
log.push(Uint8Array.of(1, 2, 255), 2);

const broadcast = segment.create("trades", Broadcast, { layout: Leg, capacity: 4 }), trades = broadcast.writer();
for (let price = 1; price <= 6; price++) trades.push({ price, size: 1 });

const pipeline = segment.create("events", Pipeline, {
  layout: Leg,
  capacity: 8,
  readers: { book: [], risk: ["book"] },
});
const events = pipeline.writer(), book = pipeline.reader("book");
for (let price = 1; price <= 3; price++) events.push({ price, size: 1 });
book.shift(Leg.alloc());

const keyed = segment.create("accounts", KeyedTable, { layout: Leg, key: chars(16), capacity: 8 }).writer();
keyed.set("alice", { price: 1, size: 2 });
keyed.set("bob", { price: 3, size: 4 });

const order = segment.create("book", OrderBook, { levels: 4 }).writer(), update = new BookUpdate();
update.last = 1;
update.bids.push(99, 1);
update.bids.push(98, 2);
update.asks.push(101, 3);
order.snapshot(update);

const latency = segment.create("latency", Histogram, { lowest: 1, highest: 1e6 }).recorder();
for (let i = 1; i <= 100; i++) latency.record(i);

segment.create("counters", Counters, { capacity: 4 }).allocate("messages").add(5);

const mutex = segment.create("lock", Mutex, {});
mutex.lock();
segment.create("free lock", Mutex, {});
const rw = segment.create("readers", RwLock, {});
rw.lockRead();
segment.create("permits", Semaphore, { permits: 2 }).lock();
segment.create("once", Once, {}).run(() => {});
segment.create("params", SeqLock, { payloadBytes: 8 }).write(({ u8 }) => u8.set([1, 2, 3, 4, 5, 6, 7, 8]));
segment.create("limits", SeqLock, { layout: Leg }).write({ price: 1.5, size: 6 });
segment.create("own", {
  kind: "Own",
  byteLength: () => 64,
  init() {},
  attach: () => ({}),
}, {});
report("ready");

let bid = 10;
for await (const what of orders<string>()) {
  if (what === "write") writer.write(3, { bid: bid++ });
  if (what === "push") trades.push({ price: bid++, size: 2 });
  if (what === "close") {
    segment.close();
    report("closed");
  }
}
