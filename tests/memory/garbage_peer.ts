import { openSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import * as linux from "../../ffi/linux.ts";
import { type Region, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { failing } from "./faults.ts";

const Bytes = {
  kind: "Bytes",
  byteLength: () => 4096,
  init: (region: Region) => void region.views.u8.fill(1),
  attach: (region: Region) => region.views.u8,
};

const mappings = (): number =>
  readFileSync("/proc/self/maps", "utf8").split("\n").filter((line) => line.includes("memfd:shmkit")).length;

/** How often it is collected at least, and at most. */
const ROUNDS = 30, MOST_ROUNDS = 600;

/** Collects garbage, and lets the finalizers run; longer, where they have not done all that they must. */
async function collect(isDone: () => boolean = () => true): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < ROUNDS || (i < MOST_ROUNDS && !isDone()); i++) {
    if (typeof gc === "function") gc();
    else if ("Bun" in globalThis) (globalThis as unknown as { Bun: { gc(force: boolean): void } }).Bun.gc(true);
    // Where a collection cannot be requested, pressure causes it.
    let pressure = 0;
    for (let j = 0; j < 200; j++) pressure += new Uint8Array(100_000)[j];
    await new Promise((resolve) => setTimeout(resolve, 5 + pressure));
  }
}

/** Only a view survives: neither the segment nor the object can be reached. */
function viewAlone(): Uint8Array {
  return Segment.anonymous({ byteLength: 8192 }).create("bytes", Bytes, {});
}

/** How a program can move a buffer, and what lies where it went. */
const MOVES: Record<string, (buffer: ArrayBuffer) => ArrayBuffer> = {
  transfer: (buffer) => buffer.transfer(),
  structuredClone: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
};

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte, 0);

/** The bytes of a view, and where its buffer went. */
function moved(view: Uint8Array, move: (buffer: ArrayBuffer) => ArrayBuffer): Uint8Array {
  const { byteOffset, length } = view;
  return new Uint8Array(move(view.buffer as ArrayBuffer), byteOffset, length);
}

if (peerArgs[0] === "collect") {
  let view: Uint8Array | undefined = viewAlone();
  await collect();
  const whileViewed = mappings();
  const sum = sumOf(view);
  view = undefined;
  for (let i = 0; i < 200; i++) viewAlone();
  await collect(() => mappings() <= 5);
  report({ whileViewed, sum, afterwards: mappings() });
} else if (peerArgs[0] === "move") {
  using watcher = Segment.openOrCreate(peerArgs[1], { byteLength: 65_536 });
  watcher.create("bytes", Bytes, {});
  const early: Uint8Array[] = [], alone: Uint8Array[] = [];
  for (const move of Object.values(MOVES)) {
    (() => early.push(moved(Segment.open(peerArgs[1]).open("bytes", Bytes), move)))();
    alone.push(viewAlone());
  }
  await collect(() => watcher.participants().length === 1);
  // The segments are gone; of these, only views are left, which are moved now.
  const late = Object.values(MOVES).map((move, i) => moved(alone[i], move));
  alone.length = 0;
  const participants = watcher.participants().length;
  await collect();
  // Those that were moved while their segment was there are shared still; the others are memory, of whatever bytes.
  watcher.open("bytes", Bytes).fill(2);
  for (const bytes of late) bytes.fill(3);
  report({ participants, early: early.map(sumOf), late: late.map(sumOf) });
} else {
  // A descriptor whose segment could not be made is not closed again by the collector, when it is another file's.
  const fds = await (async () => {
    const fds: number[] = [];
    failing("fcntl", linux.EPERM, () => {
      for (let i = 0; i < 20; i++) {
        try {
          Segment.anonymous({ byteLength: 8192 });
        } catch {
          fds.push(openSync("/dev/null", "r"));
        }
      }
    });
    await collect();
    return fds;
  })();
  report(fds.filter((fd) => !readlinkSync(`/proc/self/fd/${fd}`).endsWith("null")).length);
}
process.exit(0);
