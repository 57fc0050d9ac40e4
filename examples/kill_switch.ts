/**
 * A kill switch: one small record that every order's sender reads before each order, and risk writes once. Reading it
 * takes some nanoseconds and never holds up the writer: `bun examples/kill_switch.ts`.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { bool, chars, f64, OwnerDiedError, Segment, SeqLock, SpscRing, struct, u53 } from "@shmkit/shmkit";

const Switch = struct("Switch", { isStopped: bool, stoppedAt: u53, reason: chars(24) });
const Order = struct("Order", { id: u53, price: f64 });
const LIMIT = 1000;

const [name] = process.argv.slice(2);
if (name === undefined) await watch();
else trade(name);

/** Sends orders until it is stopped. */
function trade(name: string): void {
  using segment = Segment.open(name, { role: "trader" });
  const lock = segment.open("switch", SeqLock, { layout: Switch });
  using orders = segment.open("orders", SpscRing, { layout: Order }).producer();
  const isStopped = () => {
    try {
      return lock.read((record) => record.isStopped);
    } catch (error) {
      if (error instanceof OwnerDiedError) return true; // risk died while it wrote: better safe
      throw error;
    }
  };
  let id = 0;
  while (!isStopped()) orders.pushWait({ id: ++id, price: 100 }, { timeoutMs: 10 });
  console.log(`trader: stopped, ${lock.read(({ reason }) => reason)}`);
}

/** Counts orders, and stops them beyond the limit. */
async function watch(): Promise<void> {
  using segment = Segment.anonymous({ byteLength: 65536, role: "risk" });
  const lock = segment.create("switch", SeqLock, { layout: Switch });
  using orders = segment.create("orders", SpscRing, { layout: Order, capacity: 64 }).consumer();
  const trader = fork(process.argv[1], [segment.name]), ended = once(trader, "exit");
  let count = 0;
  while (count < LIMIT) count += orders.drainWait(() => {}, LIMIT - count);
  lock.write({ isStopped: true, stoppedAt: segment.now(), reason: `${LIMIT} orders` });
  const [code] = await ended;
  console.log(`risk: stopped after ${count} orders; the trader ended with ${code}`);
}
