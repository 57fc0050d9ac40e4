import process from "node:process";
import { Counters, Segment } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";

/** Adds to a counter, and allocates and frees others, over and over. Ends only by a signal. */
const [what, handle] = peerArgs;
const segment = Segment.open(handle, { role: what });
const counters = segment.open("counters", Counters, {});
/** One more in each half of a double's whole number. */
const STEP = 2 ** 32 + 1;

function count(): never {
  const own = counters.allocate("count");
  report("counting");
  for (let i = 0;; i++) {
    using other = counters.allocate(`churn ${i % 7}`, { type: i % 7 });
    other.set(i % 7);
    for (let j = 0; j < 100; j++) own.add(STEP);
    if (own.value > 2 ** 52) own.set(0);
  }
}

function read(): void {
  const start = performance.now(), { id } = counters.find("count")!;
  let reads = 0, torn = 0, wrong = 0, last = 0, distinct = 0;
  const elapsed = () => performance.now() - start;
  while (elapsed() < 400 || ((distinct < 100 || reads <= 1000) && elapsed() < 20_000)) {
    for (let i = 0; i < 1000; i++) {
      const value = counters.read(id)!;
      reads++;
      if (value % STEP !== 0) torn++;
      if (value !== last) distinct++;
      last = value;
    }
    for (const { label, type, value } of counters.list({ withDead: true })) {
      if (label.startsWith("churn ") && (label !== `churn ${type}` || (value !== type && value !== 0))) wrong++;
    }
  }
  report({ reads, torn, wrong, distinct });
}

if (what === "read") read();
else {
  report("ready");
  for await (const _ of orders()) count();
}
process.exit(0);
