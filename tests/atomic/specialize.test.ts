import { assertEquals, assertStrictEquals } from "@std/assert";
import process from "node:process";
import { describe, it } from "node:test";
import { specialize } from "../../lib/atomic/specialize.ts";

/** Set where `support/unspecialized.ts` is preloaded. */
const isOff = process.env.SHMKIT_UNSPECIALIZED === "1";

function makeCounter(start: number): { next(): number } {
  let count = start;
  return { next: () => count++ };
}

describe("specialize", () => {
  it("makes a copy of its own each time, which does the same", () => {
    const one = specialize(makeCounter), two = specialize(makeCounter);
    assertEquals(one === two || one === makeCounter, isOff);
    const counters = [one(1), two(10), makeCounter(100)];
    assertEquals(counters.map((counter) => counter.next()), [1, 10, 100]);
    assertEquals(counters.map((counter) => counter.next()), [2, 11, 101]);
  });

  it("returns a maker into which a bundler put a helper of its own", () => {
    const __name = <T>(value: T, _name: string): T => value; // as esbuild's --keep-names has it
    const make = (start: number) => __name(() => start, "current");
    assertStrictEquals(specialize(make), make);
    assertEquals(specialize(make)(7)(), 7);
  });

  it("returns the maker where its source text is not kept, and where code from strings is forbidden", () => {
    const make = (start: number) => () => start;
    make.toString = () => "function () { [native code] }";
    assertStrictEquals(specialize(make), make);
    const { Function: original } = globalThis;
    const forbidden = function () {
      throw new EvalError("Code generation from strings disallowed for this context");
    };
    try {
      Object.assign(globalThis, { Function: forbidden });
      assertStrictEquals(specialize(makeCounter), makeCounter);
    } finally {
      Object.assign(globalThis, { Function: original });
    }
  });
});
