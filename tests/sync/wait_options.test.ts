import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { Segment } from "../../lib/memory/mod.ts";
import { timeoutOf } from "../../lib/sync/shared/wait_options.ts";
import { seen, WAYS } from "./ways_table.ts";

/** What is refused, by which error, and what its message ends with. */
const REFUSED: readonly [options: unknown, error: typeof TypeError | typeof RangeError, words: string][] = [
  [{ timeoutMs: "100" }, TypeError, 'timeoutMs must be a number: received "100"'],
  [{ timeoutMs: null }, TypeError, "timeoutMs must be a number: received null"],
  [{ timeoutMs: 100n }, TypeError, "timeoutMs must be a number: received 100n"],
  [{ timeoutMs: true }, TypeError, "timeoutMs must be a number: received true"],
  [{ timeoutMs: Symbol("now") }, TypeError, "timeoutMs must be a number: received Symbol(now)"],
  [{ timeoutMs: new Date(5) }, TypeError, "timeoutMs must be a number: received an object"],
  [{ timeoutMs: NaN }, RangeError, "timeoutMs must be 0 or more: received NaN"],
  [{ timeoutMs: -1 }, RangeError, "timeoutMs must be 0 or more: received -1"],
  [{ timeoutMs: -Infinity }, RangeError, "timeoutMs must be 0 or more: received -Infinity"],
  [100, TypeError, "options must be an object such as { timeoutMs: 100 }: received 100"],
  [null, TypeError, "options must be an object such as { timeoutMs: 100 }: received null"],
];

describe("timeoutOf", () => {
  it("takes undefined for no limit, and every number from 0 on", () => {
    for (const options of [undefined, {}, { timeoutMs: undefined }, { timeoutMs: Infinity }]) {
      assertEquals(timeoutOf("lock", "it", options), Infinity);
    }
    for (const timeoutMs of [0, 0.5, 100, Number.MAX_VALUE]) {
      assertEquals(timeoutOf("lock", "it", { timeoutMs }), timeoutMs);
    }
  });

  it("refuses the rest by name", () => {
    for (const [options, type, words] of REFUSED) {
      const error = assertThrows(() => timeoutOf("lock", "mutex 'm'", options as { timeoutMs: number }), type);
      assertEquals(error.message, `Cannot lock mutex 'm' as ${words}`);
    }
  });
});

describe("a wait with options that make no sense is refused, and the words are what they were", () => {
  for (const way of WAYS.filter(({ waits }) => waits)) {
    it(way.name, () => {
      using segment = Segment.anonymous({ byteLength: 65536 });
      using second = Segment.open(segment.name);
      const mine = seen(segment, way), other = seen(second, way);
      const refuses = (title: string) => {
        const before = mine.words.slice();
        for (const [options, type, words] of REFUSED) {
          const error = assertThrows(() => way.go(mine, options as { timeoutMs: number }), type);
          assertStringIncludes(error.message, words);
          assertEquals(mine.words.slice(), before, `${title}: ${words}`);
        }
      };
      refuses("free");
      way.hold(other, () => refuses("held"));
    });
  }
});
