import process from "node:process";
import { f64, type Region, Segment, struct, u32, type Views } from "../../mod.ts";
import { peerArgs, tell } from "../../support/in_peer.ts";

/*
 * Every way to write raw memory of a read-only attachment, in a process of its own: a write that is not refused kills it.
 */
const Pair = struct("Pair", { a: f64, b: u32, c: u32 });
const segment = Segment.open(peerArgs[0], { readOnly: true });
const { source } = segment.open("bytes", {
  kind: "Bytes",
  byteLength: () => 64,
  init: () => {},
  attach: (region: Region) => region,
});
const views = source as Views, view = Pair.view(source, 0, { readOnly: true });
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
  "what a callback is given": () =>
    views.u8.forEach((_byte, _i, array) => {
      array[0] = 1; // a copy
    }) ?? refused("a copy"),
};
for (const name of arrays) {
  ways[`${name}[0]`] = () => views[name][0] = 1;
  ways[`${name}.fill`] = () => views[name].fill(1);
  ways[`${name}.set`] = () => views[name].set([1]);
  ways[`${name}.copyWithin`] = () => views[name].copyWithin(0, 1);
  ways[`${name}.sort`] = () => views[name].sort();
  ways[`${name}.reverse`] = () => views[name].reverse();
  ways[`${name}.subarray`] = () => views[name].subarray(1)[0] = 1;
  ways[`${name}.buffer`] = () => views[name].buffer;
}

function refused(what: string): never {
  throw new TypeError(what);
}

const outcomes = Object.entries(ways).map(([way, write]) => {
  try {
    write();
    return `${way} was not refused`;
  } catch (error) {
    return ["ReadOnlyError", "TypeError"].includes((error as Error).name) ? "refused" : `${way}: ${error}`;
  }
});
tell({
  outcomes: [...new Set(outcomes)],
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
tell([source.closed, source.u8[0] === undefined]);
process.exit(0);
