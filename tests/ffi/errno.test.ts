import { assertEquals, assertGreaterOrEqual, assertLess, assertThrows } from "@std/assert";
import { afterEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { libc, SystemError } from "../../ffi/mod.ts";
import { EINTR, EINVAL, ENOENT, ENOSYS, ESRCH } from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { Futex } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Words } from "../sync/lock_table.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";

const calls = libc() as { errno: () => number };
const real = calls.errno;

/** The engine's own system calls come between a call and the look at why it failed: the first so many times. */
function disturb(by: number, times = 1): { left: number } {
  const state = { left: times };
  calls.errno = () => state.left-- > 0 ? by : real();
  return state;
}

/** Of so many failing calls of this thread, how many find another reason than theirs. */
function wrongReasons(times: number): number {
  let wrong = 0;
  for (let i = 0; i < times; i++) {
    libc().kill(1 << 30, 0);
    if (libc().errno() !== ESRCH) wrong++;
  }
  return wrong;
}

/** The engine makes few calls of its own, the more the longer a thread runs: far more would be another thread's. */
const OWN_CALLS = 1 / 1000;

/** Words in shared memory, to wait for. */
function futexes(): { segment: Segment; all: Futex[] } {
  const segment = Segment.anonymous({ byteLength: 1 << 16 }), words = segment.create("words", Words, { count: 8 });
  return { segment, all: [0, 1, 2].map((index) => Futex.at(words, index)) };
}

describe("the reason why a call failed, read after the engine made calls of its own", () => {
  afterEach(() => {
    calls.errno = real;
  });

  it("is believed when it is reported twice in a row", () =>
    withName((name) => {
      using _ = Segment.create(name, { byteLength: 4096 });
      const state = disturb(ENOENT);
      assertEquals(assertThrows(() => Segment.create(name, { byteLength: 4096 }), SystemError).code, "EEXIST");
      assertLess(state.left, 0, "it was not disturbed");
      disturb(EINTR, 5);
      assertEquals(system.shmUnlink({ action: "unlink", path: "/x" }, "/shmkit-test-nowhere"), false);
      disturb(EINVAL);
      assertEquals(assertThrows(() => Segment.open("/shmkit-test-nowhere"), SystemError).code, "ENOENT");
      let calls = 0;
      disturb(EINVAL, 4);
      assertEquals(system.resultOf(() => ++calls < 3 ? -1 : 7), -EINVAL);
      assertEquals(calls, 2);
      disturb(EINVAL, 1);
      calls = 0;
      assertEquals(system.resultOf(() => ++calls < 2 ? -1 : 7), 7);
    }));

  for (const by of [ENOENT, ENOSYS, EINTR]) {
    it(`does not end a wait: ${by}`, () => {
      const { segment, all } = futexes();
      using _ = segment;
      const waits: [wait: (deadline: number) => unknown, timedOut: unknown][] = [
        [(deadline) => all[0].wait(0, deadline), false],
        [(deadline) => Futex.waitAny(all, [0, 0, 0], deadline), -1],
      ];
      for (const [wait, timedOut] of waits) {
        for (const ms of [-1, 0, 15]) {
          disturb(by);
          const start = all[0].now();
          assertEquals(wait(start + ms), timedOut);
          assertGreaterOrEqual(all[0].now() - start, ms);
        }
      }
      // The word is another one.
      disturb(by);
      assertEquals(all[0].wait(1, all[0].now() + 1000), true);
      disturb(by);
      assertEquals(Futex.waitAny(all, [1, 0, 0], all[0].now() + 1000), 0);
    });
  }

  it("is reported for a wait that is impossible", () => {
    const { segment, all } = futexes();
    using _ = segment;
    disturb(EINVAL, 1000);
    for (const wait of [() => all[0].wait(1, Infinity), () => Futex.waitAny(all, [1, 0, 0], Infinity)]) {
      assertEquals(assertThrows(wait, SystemError).errno, EINVAL);
    }
  });
});

describe("errno", () => {
  it("is each thread's own", async () => {
    const worker = new Worker(new URL("./errno_thread.ts", import.meta.url));
    const messages: unknown[] = [];
    const told = new Promise((resolve) => worker.on("message", (message) => messages.push(message) > 1 && resolve(0)));
    while (messages.length === 0) await delay(1);
    // Both threads fail for a reason of their own, at the same time.
    let wrongHere = 0;
    for (let i = 0; i < 20; i++) {
      wrongHere += wrongReasons(5_000);
      await delay(1);
    }
    assertLess(wrongHere, 100_000 * OWN_CALLS);
    worker.postMessage("end");
    await told;
    const [, { wrong, calls }] = messages as [unknown, { wrong: number; calls: number }];
    assertGreaterOrEqual(calls, 5_000);
    assertLess(wrong, 3 + calls * OWN_CALLS);
    await worker.terminate();
  });
});

describe("a thread whose calls are compiled", () => {
  it("may end meanwhile, and so may a process", async () => {
    const threads = thisRuntime === "node" ? 30 : 3; // Node alone has been seen to crash, in one of about ten
    const peer = Peer.start(thisRuntime, new URL("./ending_peer.ts", import.meta.url), [threads]);
    assertEquals(await peer.next(), threads);
    await peer.succeeded();
  });
});
