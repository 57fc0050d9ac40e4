import process from "node:process";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { tryLockByte } from "../../lib/memory/ofd_lock.ts";
import { Segment } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { Counter } from "./counter.ts";

const [what, name, byte = "0"] = peerArgs;

/** Does something each round, at the moment the test names. */
async function rounds(work: (round: number) => unknown): Promise<void> {
  report("ready");
  for await (const line of orders<{ round: number; at: number } | null>()) {
    if (line === null) process.exit(0);
    while (Date.now() < line.at);
    report(work(line.round));
  }
}

/** Stays until it is killed, or the test is gone. */
function stay(): void {
  process.stdin.on("end", () => process.exit(1)).resume();
}

let held: Segment | undefined;

if (what === "segment") {
  await rounds(() => {
    held?.close();
    held = Segment.openOrCreate(name, { byteLength: 2 ** 20 });
    held.openOrCreate("counter", Counter, {}).add(1);
    return Segment.list().find((info) => info.name === name)!.creatorPid;
  });
} else if (what === "create") {
  await rounds(() => {
    held?.close();
    held = undefined;
    try {
      held = Segment.create(name, { byteLength: 2 ** 18 });
      return "created";
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
} else if (what === "objects") {
  const segment = Segment.open(name);
  await rounds((round) => {
    for (let i = 0; i < 8; i++) {
      const object = `${process.pid}-${round}-${i}`;
      segment.create(object, Counter, { start: object.length });
    }
    return "done";
  });
} else if (what === "create-slowly") {
  report("ready");
  while (true) {
    Segment.create(name, { byteLength: 2 ** 18 }).close();
    Segment.unlink(name);
  }
} else if (what === "hold") {
  const doing = { action: "hold", path: name };
  const fd = system.shmOpen(doing, name, linux.O_RDWR, 0);
  report(tryLockByte(doing, fd, Number(byte)) ? "held" : "not held");
  stay();
} else if (what === "create-later") {
  report("ready");
  for await (const _ of orders()) {
    report("off");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const segment = Segment.create(name, { byteLength: 65_536 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    segment.create("counter", Counter, {});
    process.exit(0);
  }
} else if (what === "replace") {
  // When the other segment says so, puts a segment of one's own in the place of another process's.
  const signal = Segment.open(byte).open("counter", Counter);
  report("ready");
  while (signal.value === 0);
  signal.add(1);
  report(Segment.unlink(name));
  held = Segment.create(name, { byteLength: 65_536 });
  held.create("counter", Counter, { start: 5 });
  report("replaced");
  stay();
} else if (what === "attach") {
  held = Segment.open(name, { role: "peer" });
  report("attached");
  stay();
} else if (what === "anonymous") {
  report("ready");
  while (true) Segment.anonymous({ byteLength: 2 ** 18 }).close();
}
