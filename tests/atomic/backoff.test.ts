import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Backoff } from "../../lib/atomic/mod.ts";

describe("Backoff", () => {
  it("spins, yields, then sleeps for longer and longer", () => {
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

  it("takes no number for which it would never wake up, nor ever sleep", () => {
    // deno-lint-ignore no-explicit-any -- what a program in plain JavaScript could pass
    const wrong: any[] = [NaN, -1, -Infinity, "2", null, 1n, {}];
    for (const option of ["spins", "yields", "firstSleepMs", "longestSleepMs"]) {
      for (const value of option === "yields" ? wrong : [...wrong, Infinity, 2 ** 40]) {
        assertThrows(() => new Backoff({ [option]: value }), RangeError, `'${option}' must be`);
      }
    }
    for (const option of ["spins", "yields"]) assertThrows(() => new Backoff({ [option]: 1.5 }), RangeError, "integer");
    for (const option of ["firstSleepMs", "longestSleepMs"]) {
      assertThrows(() => new Backoff({ [option]: 0 }), RangeError);
    }
    assertThrows(
      () => new Backoff({ firstSleepMs: 4, longestSleepMs: 3 }),
      RangeError,
      "from 4 to 3600000: received 3",
    );
    new Backoff({ spins: 0, yields: Infinity, firstSleepMs: 10 });
  });

  it("begins anew", () => {
    const backoff = new Backoff();
    while (!backoff.isSleeping) backoff.step();
    assertEquals(backoff.steps, 10);
    backoff.reset();
    assertEquals([backoff.steps, backoff.isSleeping], [0, false]);
  });
});
