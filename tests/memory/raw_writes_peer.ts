import process from "node:process";
import {
  array,
  Broadcast,
  bytes,
  f64,
  LatestTable,
  type Region,
  Segment,
  SeqLock,
  struct,
  u32,
  type Views,
} from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/*
 * Every way to write through a read-only attachment, in a process of its own: a write that is not refused kills it.
 * Each is tried once, and then until optimised code tries it.
 */
const HOT = 30_000;
const Pair = struct("Pair", { a: f64, b: u32, c: u32 });
const Inner = struct("Inner", { x: u32 });
const Record = struct("Record", { a: f64, inner: Inner, list: array(u32, 2), data: bytes(8) });
const segment = Segment.open(peerArgs[0], { readOnly: true });
const type = {
  kind: "Bytes",
  byteLength: () => 64,
  init: () => {},
  attach: (region: Region) => region,
};
const { source } = segment.open("bytes", type);
const views = source as Views, view = Pair.view(source, 0, { readOnly: true });
// deno-lint-ignore no-explicit-any -- what a program in plain JavaScript could do
type Anything = any;
const arrays = ["i8", "u8", "i16", "u16", "i32", "u32", "f32", "f64"] as const;
const ways: Record<string, () => unknown> = {
  buffer: () => new Uint8Array(source.buffer)[0] = 1,
  "viewsOf": () => Pair.viewsOf(view as never).u8[0] = 1,
  "a view": () => view.a = 1 as never,
  "a view made writable": () => Pair.view(views).a = 1,
  "copied into": () => Pair.copy(Pair.alloc(), Pair.view(views)),
  "i64": () => views.i64[0] = 1n,
  "u64": () => views.u64[0] = 1n,
  "defineProperty": () => Object.defineProperty(views.u8, 0, { value: 1 }),
  "Reflect.set": () => Reflect.set(views.u8, 0, 1),
  "an heir": () => Object.create(views.u8)[0] = 1,
  "a method of the prototype": () => Uint8Array.prototype.fill.call(views.u8, 1),
  "the prototype's buffer": () => {
    const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "buffer")!;
    new Uint8Array(get!.call(views.u8))[0] = 1;
    throw new TypeError("a copy at most");
  },
  "setFromHex": () => (views.u8 as Anything).setFromHex("01"),
  "setFromBase64": () => (views.u8 as Anything).setFromBase64("AQ=="),
  "a method that engines may add": () => {
    (Uint8Array.prototype as Anything).writeAll ??= function (this: Uint8Array) {
      this[0] = 1;
    };
    (views.u8 as Anything).writeAll();
  },
  "__defineSetter__": () => (views.u8 as Anything).__defineSetter__("0", () => {}),
  "lent": () => views.lent.u8[0] = 1,
  "lent by lent": () => Pair.view(views.lent.lent, 0).b = 1,
  "a subarray of a subarray": () => views.u8.subarray(1).subarray(1).set([1]),
  "a copy to a subarray": () => views.u32.subarray(0, 2).set(new Uint32Array(2)),
  "Atomics": () => Atomics.store(views.i32, 0, 1),
  "Atomics.add": () => Atomics.add(views.i32, 0, 1),
  "a DataView": () => new DataView(views.u8.buffer).setUint8(0, 1),
  "what a callback is given": () =>
    views.u8.forEach((_byte, _i, array) => {
      array[0] = 1; // a copy
    }) ?? refused("a copy"),
};

// What the parts hand out.
const lock = segment.open("lock", SeqLock), { payload } = lock;
const payloadViews = payload as Views;
ways["payload by a view"] = () => Record.view(payloadViews, 0).a = 1;
ways["payload by a view, moved"] = () => {
  const moved = Record.view(payloadViews, 8);
  Record.moveTo(moved, 0);
  moved.a = 1;
};
ways["payload by viewsOf"] = () => Record.view(Record.viewsOf(Record.view(payloadViews, 0)), 0).a = 1;
ways["payload by lent"] = () => Record.view(payloadViews.lent, 0).a = 1;
ways["read(fn) by a view"] = () => lock.read((given) => Record.view(given as Views, 0).a = 1);
ways["tryRead(fn) by a view"] = () => lock.tryRead((given) => Record.view(given as Views, 0).a = 1) ?? refused("none");
ways["write(fn)"] = () => lock.write(() => {});
ways["beginWrite"] = () => lock.beginWrite();
ways["tryLock"] = () => lock.tryLock();
// A private copy may be written: no other process sees it, and the next read makes it anew.
ways["payload, raw"] = () => onACopy(() => payloadViews.u8.fill(9));
ways["read(fn), raw"] = () => onACopy(() => lock.read(({ u8 }) => u8.fill(9)));

const reader = segment.open("news", Broadcast, { layout: Record }).reader({ from: "oldest" });
/** A reader's records, copied before they may be overwritten, are its own. */
let seen: Anything;
reader.drain((record) => seen = record);
if (seen === undefined) throw new Error("there was no record to look at");
ways["a record"] = () => onACopy(() => seen.a = 1);
ways["a record's struct"] = () => onACopy(() => seen.inner.x = 1);
ways["a record's array"] = () => onACopy(() => seen.list.set(0, 1));
ways["a record, assigned"] = () => onACopy(() => Record.assign(seen, { a: 1 }));
ways["a record, copied over"] = () => onACopy(() => Record.copy(Record.alloc(), seen));
ways["a record's memory"] = () => onACopy(() => Record.viewsOf(seen).u8.fill(9));
ways["a record's buffer"] = () => onACopy(() => new Uint8Array(Record.viewsOf(seen).buffer).fill(9));
ways["a record's bytes"] = () => onACopy(() => seen.data.fill(9));

const table = segment.open("table", LatestTable, { layout: Record });
ways["a table's writer"] = () => table.writer();
ways["a table's row"] = () => {
  const own = Record.alloc(); // a read copies the row to the reader's own memory
  table.read(0, own);
  onACopy(() => own.data.fill(9));
};

/** Writes what may be written, and sees that the segment holds what it held. */
function onACopy(write: () => unknown): never {
  write();
  const isThere = lock.read(({ u8 }) => u8[0] === 5) && source.u8[3] === 7;
  throw isThere ? new TypeError("a copy") : new Error("the segment was written");
}

for (const name of arrays) {
  ways[`${name}[0]`] = () => views[name][0] = 1;
  ways[`${name}.fill`] = () => views[name].fill(1);
  ways[`${name}.set`] = () => views[name].set([1]);
  ways[`${name}.copyWithin`] = () => views[name].copyWithin(0, 1);
  ways[`${name}.sort`] = () => views[name].sort();
  ways[`${name}.reverse`] = () => views[name].reverse();
  ways[`${name}.subarray`] = () => views[name].subarray(1)[0] = 1;
  ways[`${name}.buffer`] = () => views[name].buffer;
  ways[`${name}.constructor`] = () => onACopy(() => (views[name].constructor as Anything).from(views[name]).fill(9));
  ways[`${name}.slice`] = () => onACopy(() => views[name].slice().fill(9));
  ways[`${name}.map`] = () => onACopy(() => views[name].map(() => 9).fill(9));
}

function refused(what: string): never {
  throw new TypeError(what);
}

function outcomeOf(way: string): string {
  try {
    ways[way]();
    return `${way} was not refused`;
  } catch (error) {
    return ["ReadOnlyError", "TypeError"].includes((error as Error).name) ? "refused" : `${way}: ${error}`;
  }
}
const outcomes = Object.keys(ways).map(outcomeOf);
const hot = Object.keys(ways).flatMap((way) => Array.from({ length: HOT / 100 }, () => outcomeOf(way)));
// What refuses plainly is cheap enough to be tried until every compiler has seen it.
for (const way of ["payload by a view", "u8[0]", "payload by viewsOf", "lent"]) {
  for (let i = 0; i < HOT; i++) hot.push(outcomeOf(way));
}
report({
  ways: Object.keys(ways).length > 100,
  outcomes: [...new Set(outcomes)],
  hot: [...new Set(hot)],
  reads: [
    source.u8[3],
    source.u8.length,
    [...source.u8.subarray(2, 5)],
    source.u8.indexOf(7),
    source.u8.reduce((sum, byte) => sum + byte, 0),
    source.u32[0],
    view.b,
    Pair.toObject(view as never).c,
    source.closed,
  ],
});
segment.close();
report([source.closed, source.u8[0] === undefined]);
process.exit(0);
