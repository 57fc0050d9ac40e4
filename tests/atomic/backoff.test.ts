import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { Backoff } from "../../lib/atomic/mod.ts";

describe("Backoff", () => {
  it("spins, gives way, then sleeps for longer and longer", () => {
    const backoff = new Backoff({ spins: 2, yields: 1, firstSleepMs: 4, longestSleepMs: 8 });
    const sleeps = Array.from({ length: 6 }, () => {
      const { isSleeping } = backoff, start = performance.now();
      backoff.step();
      return { isSleeping, ms: performance.now() - start };
    });
    assertEquals(sleeps.map(({ isSleeping }) => isSleeping), [false, false, false, true, true, true]);
    for (const [i, least] of [[3, 4], [4, 8], [5, 8]]) assertGreaterOrEqual(sleeps[i].ms, least * 0.9);
    assertEquals(backoff.steps, 6);
  });

  it("begins anew", () => {
    const backoff = new Backoff();
    while (!backoff.isSleeping) backoff.step();
    assertEquals(backoff.steps, 10);
    backoff.reset();
    assertEquals([backoff.steps, backoff.isSleeping], [0, false]);
  });
});
