import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { Mutex, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

/*
 * Two copies of the library in one thread, as two packages may bring them: neither takes the other's attachments for
 * those of a run that is gone.
 */
const [root] = peerArgs;
const folder = mkdtempSync(join(tmpdir(), "shmkit-"));
try {
  for (const part of ["ffi", "lib", "mod.ts"]) cpSync(join(root, part), join(folder, part), { recursive: true });
  const copy = await import(pathToFileURL(join(folder, "mod.ts")).href) as typeof import("../../mod.ts");
  const one = Segment.anonymous({ byteLength: 65_536, role: "one" });
  const mutex = one.create("m", Mutex, {});
  mutex.lock();
  const two = copy.Segment.open(one.name, { role: "two" });
  const again = Segment.open(one.name, { role: "one again" });
  const roles = [one, two, again].map((segment) => segment.participants().map(({ role }) => role));
  const { owner } = two.open("m", copy.Mutex).stats();
  report({ isCopy: copy.Segment !== Segment, roles, isAlive: owner?.isAlive, closed: [one.closed, two.closed] });
  two.close();
  report(one.participants().map(({ role }) => role));
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
