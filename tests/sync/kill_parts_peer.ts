import * as system from "../../ffi/system.ts";
import { add, load, sleep, store } from "../../lib/atomic/mod.ts";
import { OwnerDiedError, SegmentStateError } from "../../lib/errors.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import type { Wait } from "./kills.ts";
import { DONE, LEFT, MADE, ONCES, partsOf, PASSED, ROUNDS, RUNS, SETS, STOP, TAKEN } from "./parts_table.ts";

serve((peerArgs) => {
  const [what, handle, side] = peerArgs;
  const segment = Segment.open(handle, { role: what });
  const { words, mutex, made, event, barrier, onceAt } = partsOf(segment);
  const random = new Random(Date.now()), me = Number(side);
  const problems: string[] = [];

  let sink = 0;
  function idle(turns: number): void {
    for (let i = 0; i < turns; i++) sink = (sink + i) | 0;
  }

  /** After the mutex was taken: the queue's words add up, or their owner died. */
  function checkQueue(): void {
    const isWhole = words[MADE] === words[TAKEN] + words[LEFT];
    if (mutex.ownerDied) {
      words[LEFT] = words[MADE] - words[TAKEN];
      mutex.markConsistent();
    } else if (!isWhole) problems.push("queue: half done, and nobody said so");
  }

  /** Adds an item, and wakes one that waits for it. */
  function make(): void {
    mutex.lock();
    checkQueue();
    words[MADE]++;
    idle(random.below(100));
    words[LEFT]++;
    made.signal();
    mutex.unlock();
  }

  /** Takes an item, and waits for one. */
  function take(timeoutMs: number): boolean {
    mutex.lock();
    checkQueue();
    let isInTime = true;
    while (words[LEFT] === 0 && isInTime && load(words, STOP) === 0) {
      isInTime = made.wait(mutex, { timeoutMs });
      checkQueue();
    }
    const isThere = words[LEFT] > 0;
    if (isThere) {
      words[TAKEN]++;
      idle(random.below(100));
      words[LEFT]--;
    }
    mutex.unlock();
    return isThere;
  }

  /** A setter counts before it sets, a waiter after it passed: never may more have passed than were set. */
  function set(): void {
    add(words, SETS, 1);
    event.set();
  }

  function pass(timeoutMs: number): boolean {
    if (!event.wait({ timeoutMs })) return false;
    add(words, PASSED, 1);
    if (load(words, PASSED) > load(words, SETS)) problems.push("event: more were let through than it was set");
    return true;
  }

  /** The first that has not run, as far as this process knows. */
  let nextOnce = load(words, DONE);
  function runOnce(within: () => void): void {
    while (nextOnce < ONCES && onceAt(nextOnce).isDone) nextOnce++;
    if (nextOnce === ONCES) return;
    const i = nextOnce, begun = RUNS + 2 * i, ended = begun + 1;
    onceAt(i).run((ownerDied) => {
      if (ownerDied) words[begun] = words[ended] = 0;
      else if (words[begun] !== 0 || words[ended] !== 0) problems.push(`once ${i}: begun before, and nobody said so`);
      words[begun]++;
      within();
      idle(random.below(2000));
      words[ended]++;
    });
    store(words, DONE, i); // where a process that starts later begins
    if (words[begun] !== 1 || words[ended] !== 1) {
      problems.push(`once ${i}: ran ${words[begun]}, ${words[ended]} times`);
    }
  }

  /** Waits at the barrier, whatever happens to the others there. */
  function meet(timeoutMs: number): boolean {
    try {
      return barrier.wait({ timeoutMs });
    } catch (error) {
      // A party died there; or, for a victim, others are its parties.
      if (error instanceof OwnerDiedError || (error instanceof SegmentStateError && error.code === "FULL")) {
        return false;
      }
      throw error;
    }
  }

  /** Uses all of them, within each other, for ever, to be killed at any instruction. */
  function victim(): never {
    const within = () => {
      if (random.below(2) === 0) make();
      else take(1);
      if (random.below(2) === 0) set();
      else pass(1);
    };
    reportNow("ready");
    while (true) {
      meet(1 + random.below(2));
      runOnce(within);
      if (random.below(4) === 0) take(random.below(3));
      if (random.below(4) === 0) pass(random.below(3));
    }
  }

  const waits: Wait[] = [];

  /** Notes waits so long that there was a death, or a busy machine; on the clock that all processes share. */
  function timed(name: string, use: () => void): void {
    const start = performance.now();
    use();
    const waited = performance.now() - start;
    if (waited < 20) return;
    const now = system.monotonicNs() / 1e6;
    waits.push([name, now - waited, now]);
  }

  const isStopped = (): boolean => load(words, STOP) !== 0;

  /**
   * What each survivor does again and again: there are two that meet, two that sleep until they are woken, and one that
   * wakes.
   */
  const turns: Record<string, (round: number) => void> = {
    meet(round) {
      words[ROUNDS + me] = round; // plain: the barrier publishes it
      while (!meet(1000) && !isStopped());
      if (!isStopped() && words[ROUNDS + 1 - me] !== round) problems.push("barrier: the other one is elsewhere");
      while (!meet(1000) && !isStopped());
      runOnce(() => {});
    },
    take: () => void take(5000),
    pass: () => void pass(5000),
    wake() {
      timed("condition", () => {
        make();
        while (load(words, LEFT) > 0 && !isStopped()) sleep(0.2);
      });
      timed("event", () => {
        set();
        while (event.isSet && !isStopped()) sleep(0.2);
      });
      timed("once", () => runOnce(() => {}));
      sleep(0.5); // the others get their turn at the next one
    },
  };

  if (what === "victim") victim();
  const turn = turns[what];
  let rounds = 0;
  reportNow("ready");
  while (!isStopped()) turn(++rounds);
  reportNow({ rounds, problems, waits });
  nextOrder();
});
