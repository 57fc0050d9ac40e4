import process from "node:process";
import { tell } from "../../support/in_peer.ts";

/*
 * Writes and reads a row by the rules of a processor that keeps no order, and tells which atomic accesses there were. What
 * the runtime says of its processor is changed before the package is loaded.
 */
Object.defineProperty(process, "arch", { value: "arm64" });
const { Deno } = globalThis as { Deno?: { build: { arch: string } } };
if (Deno !== undefined) Object.defineProperty(Deno, "build", { value: { ...Deno.build, arch: "aarch64" } });
const { f64, LatestTable, Region, struct } = await import("../../mod.ts");

const options = { layout: struct("Quote", { bid: f64, ask: f64 }), rows: 2 };
const memory = new SharedArrayBuffer(LatestTable.byteLength(options)), words = new Int32Array(memory);
const region = Region.over(memory);
LatestTable.init(region, options);
const table = LatestTable.attach(region, options), writer = table.writer(), quote = options.layout.alloc();
for (const bid of [1, 2, 3]) writer.write(0, { bid });

/** Offsets as in latest_table/format.ts: row 0, its version 3 in slot 1, the next one in slot 0. */
const VERSION = 256 / 4, NEXT_SLOT = VERSION + 2, SLOT_WORDS = 6, CHANGES = 132 / 4;

/** An access, and whether the slot that is to be written still was as before. */
type Access = [what: string, where: string, isUntouched: boolean];

function accessesOf(work: () => void): Access[] {
  const accesses: Access[] = [], before = words.slice(NEXT_SLOT, NEXT_SLOT + SLOT_WORDS).join();
  const { load, store } = Atomics;
  const note = (what: string, array: unknown, index: number): void => {
    if ((array as Int32Array).buffer !== memory) return;
    const where = index === VERSION ? "version" : index === CHANGES ? "changes" : "other";
    accesses.push([what, where, words.slice(NEXT_SLOT, NEXT_SLOT + SLOT_WORDS).join() === before]);
  };
  const patched = Atomics as unknown as Record<string, unknown>;
  patched.load = (array: Int32Array, index: number) => {
    note("load", array, index);
    return load(array, index);
  };
  patched.store = (array: Int32Array, index: number, value: number) => {
    note("store", array, index);
    return store(array, index, value);
  };
  try {
    work();
  } finally {
    Object.assign(patched, { load, store });
  }
  return accesses;
}

options.layout.assign(quote, { bid: 4, ask: 5 });
const write = accessesOf(() => writer.write(0, quote));
const read = accessesOf(() => table.read(0, quote));
tell({ write, read, bid: quote.bid });
process.exit(0);
