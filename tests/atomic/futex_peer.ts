import process from "node:process";
import { Futex, load, store } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { peerArgs, tell } from "../../support/in_peer.ts";
import { Words } from "../sync/lock_table.ts";

const [what, handle, ...args] = peerArgs;
const segment = Segment.open(handle);
const words = segment.open("words", Words, { count: 1024 });
const futex = Futex.at(words, 0);

if (what === "wait") {
  tell("ready");
  const start = futex.now();
  const isWoken = futex.wait(0, start + Number(args[0]));
  tell({ isWoken, ms: futex.now() - start });
} else if (what === "pong") {
  // Answers each odd value with the next even one.
  tell("ready");
  const rounds = Number(args[0]);
  for (let i = 0; i < rounds; i++) {
    while (load(words, 0) !== 2 * i + 1) futex.wait(2 * i, Infinity);
    store(words, 0, 2 * i + 2);
    futex.wakeOne();
  }
  tell("done");
} else if (what === "any") {
  const futexes = [0, 1, 2].map((i) => Futex.at(words, i * 64));
  tell("ready");
  const wait = args[0] === "kernel" ? Futex.waitAny : Futex.waitAnyByPolling;
  tell(wait(futexes, [0, 0, 0], futexes[0].now() + 20_000));
}
process.exit(0);
