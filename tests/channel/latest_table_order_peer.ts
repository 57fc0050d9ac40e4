import process from "node:process";
import { report } from "../../support/in_peer.ts";

/*
 * Writes and reads a row by the rules of a processor that keeps no order, and reports its atomic accesses.
 * What the runtime says of its processor is changed before the package is loaded.
 */
Object.defineProperty(process, "arch", { value: "arm64" });
const { Deno } = globalThis as { Deno?: { build: { arch: string } } };
if (Deno !== undefined) Object.defineProperty(Deno, "build", { value: { ...Deno.build, arch: "aarch64" } });
const { f64, LatestTable, Region, struct } = await import("../../mod.ts");

const options = { layout: struct("Quote", { bid: f64, ask: f64 }), rows: 2 };
const memory = new SharedArrayBuffer(LatestTable.byteLength(options)), words = new Int32Array(memory);
/** Offsets as in latest_table/format.ts: row 0, its version 3 in slot 1, the next one in slot 0. */
const VERSION = 256 / 4, NEXT_SLOT = VERSION + 2, SLOT_WORDS = 6, CHANGES = 132 / 4;

const { name, byteLength, party, views } = Region.over(memory);
// Reads of the words go through here.
const watched = new Proxy(words, {
  get(target, key) {
    if (typeof key === "string" && /^[0-9]+$/.test(key)) note("read", Number(key));
    return Reflect.get(target, key, target);
  },
  set: (target, key, value) => Reflect.set(target, key, value, target),
});
const own = new Proxy(views, { get: (target, key) => key === "i32" ? watched : Reflect.get(target, key, target) });
const region = { name, byteLength, party, readOnly: false, views: own, source: own } as unknown as InstanceType<
  typeof Region
>;
LatestTable.init(region, options);
let accesses: Access[] = [], before = "";
const { load, store, compareExchange } = Atomics, patched = Atomics as unknown as Record<string, unknown>;
const isWatched = (array: Int32Array): boolean => array === watched;
let isBehindLoad = false;
/** An atomic access to a word of this thread. */
const noteOwn = (what: string) => {
  const last = accesses.at(-1);
  if (what === "store" && last?.[0] === "read behind a load") last[0] = "read between a load and a store";
  if (what === "load" && last?.[0] === "read between a load and a store") last[0] = "load";
  isBehindLoad = what === "load";
};
patched.load = (array: Int32Array, index: number) => {
  noteOwn("load");
  return load(array, index);
};
patched.store = (array: Int32Array, index: number, value: number) => {
  if (isWatched(array)) note("store", index);
  else noteOwn("store");
  return store(isWatched(array) ? words : array, index, value);
};
patched.compareExchange = (array: Int32Array, index: number, expected: number, replacement: number) =>
  compareExchange(isWatched(array) ? words : array, index, expected, replacement);
const table = LatestTable.attach(region, options), writer = table.writer(), quote = options.layout.alloc();
for (const bid of [1, 2, 3]) writer.write(0, { bid });

/**
 * An access, and whether the slot that is to be written still was as before. A "load" is a read right behind an atomic
 * load of a word of this thread, and right before an atomic store and another load of it.
 */
type Access = [what: string, where: string, isUntouched: boolean];

function note(what: string, index: number): void {
  const where = index === VERSION ? "version" : index === CHANGES ? "changes" : "other";
  if (what === "read" && isBehindLoad) what += " behind a load";
  isBehindLoad = false;
  accesses.push([what, where, words.slice(NEXT_SLOT, NEXT_SLOT + SLOT_WORDS).join() === before]);
}

function accessesOf(work: () => void): Access[] {
  accesses = [];
  before = words.slice(NEXT_SLOT, NEXT_SLOT + SLOT_WORDS).join();
  work();
  return accesses;
}

options.layout.assign(quote, { bid: 4, ask: 5 });
const write = accessesOf(() => writer.write(0, quote));
const read = accessesOf(() => table.read(0, quote));
report({ write, read, bid: quote.bid });
process.exit(0);
