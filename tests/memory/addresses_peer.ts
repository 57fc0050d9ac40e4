import { readFileSync } from "node:fs";
import process from "node:process";
import { type Region, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/*
 * Makes and closes segments of a MiB, and reports what they added to the process.
 */
const Bytes = {
  kind: "Bytes",
  byteLength: () => 2 ** 19,
  init: () => {},
  attach: (region: Region) => region.views.u8,
};

function use(): void {
  const segment = Segment.anonymous({ byteLength: 2 ** 20, prefault: true });
  segment.create("bytes", Bytes, {}).fill(1);
  segment.close();
}

function mib(field: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${field}:\\s+([0-9]+) kB`, "m").exec(status)![1]) / 1024;
}

const mappings = () => readFileSync("/proc/self/maps", "utf8").split("\n").length;

// What the runtime itself maps at first does not count; what it maps later is little beside so many.
for (let i = 0; i < 20; i++) use();
const before = { addresses: mib("VmSize"), memory: mib("VmRSS"), mappings: mappings() };
for (let i = 0; i < Number(peerArgs[0]); i++) use();
report({
  addressMib: mib("VmSize") - before.addresses,
  memoryMib: mib("VmRSS") - before.memory,
  mappings: mappings() - before.mappings,
});
process.exit(0);
