import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Segment } from "../../lib/memory/mod.ts";
import { Barrier, Condition, Event, Mutex, Once, RwLock } from "../../lib/sync/mod.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { type AnyLock, locksOf, makeTable, NAMES, Words } from "./lock_table.ts";

/** `kill -9` before each atomic write there is on the way, one after the other: what chance may miss, this does not. */
const SCRIPT = new URL("./steps_peer.ts", import.meta.url);
const ENOUGH_MS = 20_000;

function make(): { segment: Segment; words: Int32Array } {
  const segment = makeTable("survivor");
  return { segment, words: segment.create("words", Words, { count: 64 }) };
}

interface StepOptions {
  readonly meanwhile?: (segment: Segment, hasEnded: () => boolean) => Promise<void>;
  readonly prepare?: (segment: Segment) => void;
}

type StepCheck = (segment: Segment, words: Int32Array, step: number) => void;

/** Runs victims that die one step later each, until one lives. Returns how many died. */
async function eachStep(what: string, options: StepOptions, check: StepCheck): Promise<number> {
  for (let step = 1;; step += 2) {
    // Two at a time, each in a segment of its own.
    const died = await Promise.all([step, step + 1].map((step) => diesAt(what, options, check, step)));
    if (died.includes(false)) return step - 1 + died.indexOf(false);
  }
}

async function diesAt(what: string, options: StepOptions, check: StepCheck, step: number): Promise<boolean> {
  const { segment, words } = make();
  using _segment = segment;
  options.prepare?.(segment);
  const victim = Peer.start(thisRuntime, SCRIPT, [what, segment.name, step]);
  let hasEnded = false;
  victim.exited.then(() => hasEnded = true);
  assertEquals(await victim.next(), "ready");
  await options.meanwhile?.(segment, () => hasEnded);
  const { code, signal } = await victim.exited;
  if (signal !== "SIGKILL") assertEquals(code, 0, victim.errors);
  check(segment, words, step);
  return signal === "SIGKILL";
}

/** The lock can be taken, what it protects is whole or reported, and everything is as ever afterwards. */
function checkLock(lock: AnyLock, words: Int32Array, title: string): void {
  assert(lock.lock({ timeoutMs: ENOUGH_MS }), `${title}: free`);
  assert(words[0] === words[1] || lock.ownerDied, `${title}: ${words[0]}, ${words[1]}`);
  if (lock.ownerDied) lock.markConsistent?.();
  lock.unlock();
  assert(lock.lock({ timeoutMs: ENOUGH_MS }), `${title}: free again`);
  assertEquals(lock.ownerDied, false, title);
  lock.unlock();
  assertEquals([lock.stats().owner, lock.stats().waiters], [undefined, 0], title);
}

describe("kill -9 before each atomic write", { timeout: 240_000 }, () => {
  for (const name of NAMES) {
    it(`of lock and unlock: ${name}`, async () => {
      const died = await eachStep(name, {}, (segment, _words, step) => {
        const [{ lock, words }] = locksOf(segment, [name]);
        checkLock(lock, words, `${name}, step ${step}`);
      });
      assertGreater(died, 1);
    });

    it(`of lock and unlock, when another holds it at first: ${name}`, async () => {
      const died = await eachStep(name, {
        prepare: (segment) => void locksOf(segment, [name])[0].lock.lock(),
        async meanwhile(segment, hasEnded) {
          const [{ lock }] = locksOf(segment, [name]);
          // Asleep, or dead.
          while (lock.stats().waiters === 0 && !hasEnded()) await delay(1);
          await delay(1);
          lock.unlock();
        },
      }, (segment, _words, step) => {
        const [{ lock, words }] = locksOf(segment, [name]);
        checkLock(lock, words, `${name}, step ${step}`);
      });
      assertGreater(died, 3);
    });
  }

  it("of a reader of a RwLock", async () => {
    const died = await eachStep("read", {}, (segment, _words, step) => {
      const lock = segment.open("rw", RwLock, {});
      assert(lock.lock({ timeoutMs: ENOUGH_MS }), `step ${step}`);
      assertEquals([lock.ownerDied, lock.stats().readers], [false, 0], "a reader leaves nothing suspect");
      lock.unlock();
      assertEquals(lock.lockRead({ timeoutMs: ENOUGH_MS }), true);
      lock.unlockRead();
    });
    assertGreater(died, 1);
  });

  it("of a reader of a RwLock that met a writer", async () => {
    await eachStep("read", {
      prepare: (segment) => void segment.open("rw", RwLock, {}).lock(),
      async meanwhile(segment, hasEnded) {
        const lock = segment.open("rw", RwLock, {});
        while (lock.stats().waiters === 0 && !hasEnded()) await delay(1);
        lock.unlock();
      },
    }, (segment, _words, step) => {
      const lock = segment.open("rw", RwLock, {});
      assert(lock.lock({ timeoutMs: ENOUGH_MS }), `step ${step}`);
      assertEquals(lock.ownerDied, false);
      lock.unlock();
    });
  });

  it("of Condition.wait and signal", async () => {
    const died = await eachStep("condition", {
      // The mutex of the table.
      prepare: (segment) => void segment.create("condition", Condition, {}),
    }, (segment, words, step) => {
      const mutex = segment.open("mutex", Mutex, {}), condition = segment.open("condition", Condition, {});
      assert(mutex.lock({ timeoutMs: ENOUGH_MS }));
      assert(words[0] === words[1] || mutex.ownerDied, `step ${step}`);
      if (mutex.ownerDied) mutex.markConsistent();
      condition.wait(mutex, { timeoutMs: 1 });
      condition.signal();
      condition.broadcast();
      mutex.unlock();
      assertEquals(condition.stats().waiters, 0);
    });
    assertGreater(died, 3);
  });

  it("of Event.wait and set", async () => {
    const died = await eachStep("event", {
      prepare: (segment) => void segment.create("event", Event, { autoReset: true }),
    }, (segment) => {
      const event = segment.open("event", Event, {});
      const wasSet = event.tryWait();
      assertEquals(event.tryWait(), false, `set once at most: ${wasSet}`);
      event.set();
      assertEquals(event.wait({ timeoutMs: ENOUGH_MS }), true);
    });
    assertGreater(died, 1);
  });

  it("of Barrier.wait", async () => {
    const died = await eachStep("barrier", {
      prepare: (segment) => void segment.create("barrier", Barrier, { parties: 1 }),
    }, (segment, _words, step) => {
      const barrier = segment.open("barrier", Barrier, {}), { rounds } = barrier.stats();
      assertEquals(barrier.wait({ timeoutMs: ENOUGH_MS }), true, `step ${step}: the place of the dead is taken`);
      assertEquals(barrier.stats().rounds, rounds + 1);
    });
    assertGreater(died, 1);
  });

  it("of Once.run", async () => {
    const died = await eachStep("once", {
      prepare: (segment) => void segment.create("once", Once, {}),
    }, (segment, words, step) => {
      const once = segment.open("once", Once, {}), wasDone = once.isDone;
      let told: boolean | undefined;
      assertEquals(once.run((ownerDied) => void (told = ownerDied), { timeoutMs: ENOUGH_MS }), true);
      assertEquals(told === undefined, wasDone, `step ${step}`);
      assert(words[0] === 0 || wasDone || told, "one that had begun is reported");
      assertEquals(once.isDone, true);
    });
    assertGreater(died, 1);
  });
});
