import { readdirSync, statSync } from "node:fs";
import process from "node:process";
import { Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { uniqueName } from "../../support/segments.ts";

const [what, name] = peerArgs;

function failure(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return { code, message };
  }
  throw new Error("nothing failed");
}

if (what === "umask") {
  process.umask(0o777);
  const modes = [undefined, 0o666, 0o640].map((mode) => {
    const name = uniqueName();
    using _segment = Segment.create(name, { byteLength: 4096, ...(mode !== undefined && { mode }) });
    const found = statSync(`/dev/shm${name}`).mode & 0o777;
    Segment.unlink(name);
    return found;
  });
  report(modes);
} else if (what === "full") {
  report({ ...failure(() => Segment.create("/full", { byteLength: 2 ** 21 })), names: readdirSync("/dev/shm") });
} else if (what === "descriptors") {
  const open: Segment[] = [];
  report(failure(() => {
    while (true) open.push(Segment.anonymous({ byteLength: 4096 }));
  }));
} else if (what === "open") {
  report(failure(() => Segment.open(name)));
}
