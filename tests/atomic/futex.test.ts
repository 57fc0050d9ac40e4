import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Futex, load, store } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Peer } from "../../support/peer.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";
import { Words } from "../sync/lock_table.ts";

const SCRIPT = new URL("./futex_peer.ts", import.meta.url);
const ROUNDS = 5000;

function makeWords(): { segment: Segment; words: Int32Array } {
  const segment = Segment.anonymous({ byteLength: 1 << 16 });
  return { segment, words: segment.create("words", Words, { count: 1024 }) };
}

/** Deadlines that are too far for a kernel's clock, or for a runtime's. */
const FAR = [2 ** 52, 2 ** 53, 1e19, 1e22, Number.MAX_VALUE, Infinity];

/** What a program in plain JavaScript could pass. */
// deno-lint-ignore no-explicit-any -- anything
type Anything = any;

const memories: [title: string, make: () => Int32Array][] = [
  ["shared memory", () => makeWords().words],
  ["a SharedArrayBuffer", () => new Int32Array(new SharedArrayBuffer(4096))],
];

for (const [title, make] of memories) {
  describe(`Futex over ${title}`, () => {
    it("does not wait for a word that is another already", () => {
      const words = make(), futex = Futex.at(words, 3);
      words[3] = 7;
      assertEquals(futex.wait(0, Infinity), true);
      assertEquals(futex.load(), 7);
      words[3] = -1;
      assertEquals(futex.wait(0x7fff_ffff, Infinity), true);
    });

    it("waits until the deadline, and no less", () => {
      const futex = Futex.at(make(), 0);
      for (const ms of [-50, 0, 0.2, 1, 20, 999.5 - 950, 120]) {
        const start = futex.now();
        assertEquals(futex.wait(0, start + ms), false);
        assertGreaterOrEqual(futex.now() - start, Math.max(0, ms));
      }
      assertEquals(futex.wait(0, -Infinity), false);
      assertEquals(futex.wait(0, 0), false);
    });

    it("wakes no thread if none waits", () => {
      const futex = Futex.at(make(), 0);
      assertEquals([futex.wakeOne(), futex.wakeAll(), futex.wake(0), futex.wake(Infinity)], [0, 0, 0, 0]);
    });

    it("refuses a deadline, a value and a count that mean nothing, in place of waiting for ever", () => {
      const words = make(), futex = Futex.at(words, 0), now = futex.now();
      const waits: ((expected: Anything, deadline: Anything) => unknown)[] = [
        (expected, deadline) => futex.wait(expected, deadline),
        (expected, deadline) => Futex.waitAny([futex, Futex.at(words, 64)], [expected, 0], deadline),
      ];
      for (const wait of waits) {
        assertThrows(() => wait(0, NaN), RangeError, "'deadline' must be a time in milliseconds, Infinity for none");
        for (const deadline of [String(now), null, undefined, 1n, {}]) assertThrows(() => wait(0, deadline), TypeError);
        for (const expected of [NaN, 0.5, 2 ** 31, Infinity]) assertThrows(() => wait(expected, now), RangeError);
        for (const expected of ["0", null, undefined, 0n]) assertThrows(() => wait(expected, now), TypeError);
      }
      assertThrows(() => Futex.waitAnyByPolling([futex], [0], NaN), RangeError, "received NaN");
      for (const count of [NaN, -1, "1", null, undefined, 1n] as Anything[]) {
        assertThrows(() => futex.wake(count), RangeError, "'count' must be 0 or more");
      }
      for (const index of [-1, 1024, 0.5, NaN, "0", undefined] as Anything[]) {
        assertThrows(() => Futex.at(words, index), RangeError, "from 0 to 1023");
      }
      for (const other of [new Uint32Array(4), [0], undefined] as Anything[]) {
        assertThrows(() => Futex.at(other, 0), TypeError, "must be an Int32Array");
      }
    });

    it("ends at once whatever the deadline if the word is another", () => {
      const futex = Futex.at(make(), 0);
      for (const deadline of FAR) assertEquals(futex.wait(1, deadline), true);
    });

    it("waits for any of several words", () => {
      const words = make();
      const futexes = [0, 1, 2].map((i) => Futex.at(words, i * 64));
      for (const wait of [Futex.waitAny, Futex.waitAnyByPolling]) {
        const start = futexes[0].now();
        assertEquals(wait(futexes, [0, 0, 0], start + 30), -1);
        assertGreaterOrEqual(futexes[0].now() - start, 30);
        words[64] = 5;
        assertEquals(wait(futexes, [0, 0, 0], Infinity), 1);
        words[64] = 0;
      }
      assertThrows(() => Futex.waitAny([], [], 0), RangeError, "received 0 and 0 values");
      assertThrows(() => Futex.waitAny(futexes, [0], 0), RangeError, "received 3 and 1 values");
    });
  });
}

describe("Futex between processes", { timeout: 240_000 }, () => {
  for (const pair of PAIRS) {
    it(`${pair.join(" and ")} wake each other`, async () => {
      const { segment, words } = makeWords();
      using _segment = segment;
      const waiters = pair.map((runtime) => Peer.start(runtime, SCRIPT, ["wait", segment.name, 60_000]));
      for (const waiter of waiters) assertEquals(await waiter.next(), "ready");
      const futex = Futex.at(words, 0);
      let woken = 0, tries = 0;
      const wake = () => woken += tries++ % 2 === 0 ? futex.wakeOne() : futex.wakeAll();
      await until(() => wake() === 2, () => `woken: ${woken}`);
      for (const waiter of waiters) {
        const { isWoken, ms } = await waiter.next<{ isWoken: boolean; ms: number }>();
        assertEquals(isWoken, true);
        assertLess(ms, 60_000);
        await waiter.succeeded();
      }
    });
  }

  for (const runtime of ["bun", "deno"] as const) {
    it(`plays ${ROUNDS} rounds of ping-pong with ${runtime}`, async () => {
      const { segment, words } = makeWords();
      using _segment = segment;
      const peer = Peer.start(runtime, SCRIPT, ["pong", segment.name, ROUNDS]);
      assertEquals(await peer.next(), "ready");
      const futex = Futex.at(words, 0);
      for (let i = 0; i < ROUNDS; i++) {
        store(words, 0, 2 * i + 1);
        futex.wakeOne();
        while (load(words, 0) !== 2 * i + 2) assert(futex.wait(2 * i + 1, futex.now() + 20_000), "no wake-up is lost");
      }
      await peer.succeeded();
    });

    it(`a stop and continue ends no wait in ${runtime}`, async () => {
      const { segment, words } = makeWords();
      using _segment = segment;
      // Where this process is slow, the peer's wait may end before the last stop: then a longer one is tried.
      for (let timeoutMs = 400, stops = 0; stops < 5; timeoutMs *= 2) {
        assertLess(timeoutMs, 60_000, "the peer is never stopped five times within one wait");
        const peer = Peer.start(runtime, SCRIPT, ["stay", segment.name, timeoutMs]);
        await peer.next();
        for (stops = 0; stops < 5 && load(words, 64) === 0; stops++) {
          peer.kill("SIGSTOP");
          await delay(20);
          peer.kill("SIGCONT");
          await delay(20);
        }
        if (load(words, 64) !== 0) stops = 0;
        peer.send("end");
        const { isWoken, ms } = await peer.next<{ isWoken: boolean; ms: number }>();
        assertEquals(isWoken, false);
        assertGreaterOrEqual(ms, timeoutMs);
        await peer.succeeded();
      }
    });

    for (const way of ["kernel", "polling"]) {
      it(`wakes ${runtime}, which waits for three words (${way})`, async () => {
        const { segment, words } = makeWords();
        using _segment = segment;
        const peer = Peer.start(runtime, SCRIPT, ["any", segment.name, way]);
        await peer.next();
        await delay(30);
        store(words, 128, 1);
        Futex.at(words, 128).wakeAll();
        assertEquals(await peer.next(), 2);
        await peer.succeeded();
      });
    }
  }

  for (const runtime of ["bun", "deno"] as const) {
    it(`waits without taking the processor until a deadline that is too far for a clock, in ${runtime}`, async () => {
      const { segment, words } = makeWords();
      using _segment = segment;
      const peer = Peer.start(runtime, SCRIPT, ["far", segment.name, ...FAR]);
      for (const where of ["kernel", "thread"]) {
        for (let i = 0; i < FAR.length; i++) {
          assertEquals(await peer.next(), `${where} waits`);
          await delay(60);
          const answer = peer.next<{ isWoken: boolean; cpuMs: number }>();
          let isAnswered = false;
          answer.then(() => isAnswered = true);
          // The peer, or its thread, which wakes the peer; once more, where it did not wait yet.
          for (let i = 0; i < 20 && !isAnswered; i++) {
            store(words, 0, load(words, 0) + 1);
            Futex.at(words, 0).wakeAll();
            await Promise.race([answer, delay(1000)]);
          }
          const { isWoken, cpuMs } = await answer;
          assertEquals(isWoken, true);
          assertLess(cpuMs, 30);
        }
      }
      await peer.succeeded();
    });
  }

  it("is quiet after its segment was closed", () => {
    const { segment, words } = makeWords();
    const futex = Futex.at(words, 0);
    segment.close();
    assertEquals([futex.wait(0, Infinity), futex.wakeAll()], [true, 0]);
    const other = makeWords();
    using _ = other.segment;
    assertEquals(Futex.waitAny([Futex.at(other.words, 0), futex], [0, 0], Infinity), 1);
    assertEquals(Futex.at(words, 0).wait(0, Infinity), true);
  });
});
