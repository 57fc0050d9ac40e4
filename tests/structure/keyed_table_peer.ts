import process from "node:process";
import { KeyedTable, Segment, u53 } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { fill, isOf, keyOf, Sample } from "./keyed_table_sample.ts";

const [what, handle, share, shares, count] = peerArgs;
const segment = Segment.open(handle, { role: what });
const sample = Sample.alloc();

/** Adds its share of many keys, in its own order, and looks up those of the others. */
function addMany(): void {
  const table = segment.open("many", KeyedTable, { layout: Sample, key: u53 });
  const own = Number(share), all = Number(shares), total = Number(count);
  let rows = 0, found = 0, wrong = 0;
  for (let key = own; key < total; key += all) {
    // A third of them is added by two.
    const row = table.add(key);
    if (key % 3 === 0 && table.add((key + all - 1) % total) < 0) wrong++;
    if (table.rowOf(key) !== row || table.keyOf(row) !== key) wrong++;
    rows++;
    const other = key * 7 % total, there = table.rowOf(other);
    if (there >= 0) {
      found++;
      if (table.keyOf(there) !== other) wrong++;
    }
  }
  report({ rows, found, wrong });
}

/** Adds, writes and removes keys of its own, over and over. Ends only by a signal. */
function churn(): never {
  const table = segment.open("churn", KeyedTable, { layout: Sample });
  const writer = table.writer(), own = Number(share) * 6;
  report("at work");
  for (let sequence = 1;; sequence++) {
    const number = own + sequence % 6;
    if (sequence % 3 === 0) writer.remove(keyOf(number));
    else {
      try {
        fill(sample, number, sequence);
        writer.set(keyOf(number), sample);
      } catch (error) {
        if ((error as Error).name !== "RoleTakenError") throw error;
      }
    }
  }
}

/** Reads all keys for a while, and counts faults. */
function look(): void {
  const table = segment.open("churn", KeyedTable, { layout: Sample });
  const all = Array.from({ length: 24 }, (_, number) => keyOf(number));
  let reads = 0, found = 0, wrong = 0, missed = 0, changed = table.changes, passed = 0;
  const constants = [1000, 1001], start = performance.now(), elapsed = () => performance.now() - start;
  const isEnough = () => reads > 10_000 && found >= 1000 && passed > 100;
  while (elapsed() < 500 || (!isEnough() && elapsed() < 20_000)) {
    for (let i = 0; i < 1000; i++) {
      const number = i % 24;
      reads++;
      if (table.get(all[number], sample)) {
        found++;
        if (!isOf(sample, number)) wrong++;
      }
      const row = table.find(all[number]);
      if (row?.read(sample) && !isOf(sample, number)) wrong++;
      // What is there all the time is found all the time, whatever moves in the index.
      if (!table.get(keyOf(constants[i & 1]), sample) || !isOf(sample, constants[i & 1])) missed++;
    }
    changed = table.changedSince(changed, () => void passed++);
  }
  report({ reads, found, wrong, missed, passed });
}

if (what === "many") addMany();
else if (what === "look") look();
else {
  report("ready");
  for await (const _ of orders()) churn();
}
process.exit(0);
