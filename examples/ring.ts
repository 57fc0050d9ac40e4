/**
 * A ring from one process to another. This one starts the other and sends a million trades; the other receives them,
 * in order, each once: `bun examples/ring.ts`.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { f64, Segment, SpscRing, struct, u53 } from "@shmkit/shmkit";

const Trade = struct("Trade", { id: u53, price: f64, size: f64 });
const COUNT = 1_000_000;

const [name] = process.argv.slice(2);
if (name === undefined) await send();
else receive(name);

async function send(): Promise<void> {
  using segment = Segment.anonymous({ byteLength: 1 << 20, role: "sender" });
  const ring = segment.create("trades", SpscRing, { layout: Trade, capacity: 4096 });
  using producer = ring.producer();
  const receiver = fork(process.argv[1], [segment.name]);
  for (let id = 1; id <= COUNT; id++) {
    const trade = producer.claimWait()!; // waits while the ring is full
    trade.id = id;
    trade.price = 100 + id % 10;
    trade.size = 1;
    producer.publish();
  }
  await once(receiver, "exit");
}

function receive(name: string): void {
  using segment = Segment.open(name, { role: "receiver" });
  using consumer = segment.open("trades", SpscRing, { layout: Trade }).consumer();
  let count = 0, volume = 0, isInOrder = true;
  while (count < COUNT) {
    consumer.drainWait((trade) => {
      isInOrder &&= trade.id === ++count;
      volume += trade.price * trade.size;
    });
  }
  console.log(`${count} trades, ${isInOrder ? "in order" : "out of order"}, volume ${volume}`);
}
