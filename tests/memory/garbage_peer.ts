import { readFileSync } from "node:fs";
import process from "node:process";
import { type Region, Segment } from "../../mod.ts";
import { tell } from "../support/peer.ts";

const Bytes = {
  kind: "Bytes",
  byteLength: () => 4096,
  init: (region: Region) => void region.views.u8.fill(1),
  attach: (region: Region) => region.views.u8,
};

const mappings = (): number =>
  readFileSync("/proc/self/maps", "utf8").split("\n").filter((line) => line.includes("memfd:shmkit")).length;

/** Collects garbage, and lets the finalizers run. */
async function collect(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 30; i++) {
    if (typeof gc === "function") gc();
    else if ("Bun" in globalThis) (globalThis as unknown as { Bun: { gc(force: boolean): void } }).Bun.gc(true);
    // Where nobody can ask for it, pressure brings it about.
    let pressure = 0;
    for (let j = 0; j < 200; j++) pressure += new Uint8Array(100_000)[j];
    await new Promise((resolve) => setTimeout(resolve, 5 + pressure));
  }
}

/** Only a view survives: neither the segment nor the object can be reached. */
function viewAlone(): Uint8Array {
  return Segment.anonymous({ byteLength: 8192 }).create("bytes", Bytes, {});
}

let view: Uint8Array | undefined = viewAlone();
await collect();
const whileViewed = mappings();
const sum = view.reduce((sum, byte) => sum + byte, 0);
view = undefined;
for (let i = 0; i < 200; i++) viewAlone();
await collect();
tell({ whileViewed, sum, afterwards: mappings() });
process.exit(0);
