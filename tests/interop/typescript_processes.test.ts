import { describe, it } from "node:test";
import { PAIRS } from "../../support/runtimes.ts";
import { RECORDS, throughBroadcast, throughRing, timed } from "./pairs.ts";

/*
 * The same for two TypeScript processes, so that recorded runs have all pairs of languages. What else such pairs do,
 * `tests/channel/` tests.
 */
describe("TypeScript", { timeout: 60_000 + RECORDS / 50 }, () => {
  for (const pair of PAIRS) {
    const name = `${pair[0]} → ${pair[1]}`;
    it(`${name}: all records of a ring, past 2^32`, () => timed(`ring, ${name}`, RECORDS, throughRing(pair, RECORDS)));
    it(`${name}: a broadcast past 2^32, losses exact`, () =>
      timed(`broadcast, ${name}`, RECORDS, throughBroadcast(pair, RECORDS, "broadcast-read")));
  }
});
