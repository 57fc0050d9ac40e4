import process from "node:process";
import { Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

const [name] = peerArgs;

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "none";
}

report([
  codeOf(() => Segment.open(name, { readOnly: true })),
  codeOf(() => Segment.open(name)),
  codeOf(() => Segment.openOrCreate(name, { byteLength: 4096 })),
  Segment.list().some((info) => info.name === name) ? "listed" : "not listed",
]);
process.exit(0);
