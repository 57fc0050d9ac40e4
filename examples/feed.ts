/**
 * A WebSocket feed and a strategy. The feed writes each message into a ring; the strategy, in a process of its own,
 * awaits them in its event loop, and keeps serving its timers and signals: `bun examples/feed.ts`. The exchange is a
 * server on this machine.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { f64, Segment, SpscRing, struct, u53 } from "@shmkit/shmkit";
import { startExchange } from "./exchange.ts";

const Tick = struct("Tick", { price: f64, received: u53 });
const COUNT = 500;

const [name] = process.argv.slice(2);
if (name === undefined) await feed();
else await strategy(name);

async function feed(): Promise<void> {
  using segment = Segment.anonymous({ byteLength: 1 << 20, role: "feed" });
  using producer = segment.create("ticks", SpscRing, { layout: Tick, capacity: 1024 }).producer();
  const ended = once(fork(process.argv[1], [segment.name]), "exit");
  const { url, close } = await startExchange(COUNT);
  const socket = new WebSocket(url);
  let dropped = 0;
  socket.onmessage = ({ data }) => {
    const { price } = JSON.parse(data);
    if (!producer.push({ price, received: segment.now() })) dropped++; // full: the strategy is too slow
  };
  const [code] = await ended;
  console.log(`feed: ${dropped} dropped; the strategy ended with ${code}`);
  socket.close();
  close();
}

async function strategy(name: string): Promise<void> {
  using segment = Segment.open(name, { role: "strategy" });
  using consumer = segment.open("ticks", SpscRing, { layout: Tick }).consumer();
  let turns = 0, count = 0, highest = 0;
  const timer = setInterval(() => turns++, 5); // everything else that the process has to do
  for await (const batch of consumer.batches(64, { timeoutMs: 20_000 })) {
    for (const tick of batch) {
      count++;
      highest = Math.max(highest, tick.price);
    }
    if (count >= COUNT) break;
  }
  clearInterval(timer);
  console.log(`strategy: ${count} ticks, highest ${highest}; meanwhile ${turns} turns of a timer`);
}
