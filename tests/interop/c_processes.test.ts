import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { hasCompiler } from "../../support/machine.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { C_PAIRS, C_WORDS, startPeer } from "./languages.ts";
import {
  createAll,
  RECORDS,
  throughBroadcast,
  throughPipeline,
  throughRing,
  throughShared,
  throughTable,
  timed,
  underMutex,
  underSeqlock,
} from "./pairs.ts";

/** How often a lock is taken by each. */
const LOCKS = Math.min(5 * RECORDS, 1_000_000);
/** How often a seqlock's record is written: a writer that never rests starves readers. */
const WRITES = Math.min(RECORDS, 1_000_000);
const skip = hasCompiler ? false : "no C compiler", timeout = 60_000 + RECORDS / 50;

describe(C_WORDS, { skip, timeout }, () => {
  for (const pair of C_PAIRS) {
    const [a, b] = pair, name = `${a} → ${b}`;
    it(`${name}: a table is never torn`, () => timed(`table, ${name}`, RECORDS, throughTable(pair, RECORDS / 8)));
    it(`${name}: all records of a ring, past 2^32`, () => timed(`ring, ${name}`, RECORDS, throughRing(pair, RECORDS)));
    it(`${name}: a broadcast past 2^32, losses exact`, () =>
      timed(`broadcast, ${name}`, RECORDS, throughBroadcast(pair, RECORDS, a === "c" ? "watch" : "broadcast-read")));
    it(`${name}: a pipeline's readers in their order`, () =>
      timed(`pipeline, ${name}`, RECORDS / 10, throughPipeline(pair, RECORDS / 10)));
    it(`${name}: exclusion under a mutex`, () => timed(`mutex, ${name}`, 2 * LOCKS, underMutex(pair, LOCKS)));
    it(`${name}: a seqlock's record is whole`, () => timed(`seqlock, ${name}`, WRITES, underSeqlock(pair, WRITES)));
  }

  it("many writers of a broadcast take turns", () => throughShared([thisRuntime, "c", "c"], RECORDS / 10));

  it("refuses, and says why", () =>
    withName(async (name) => {
      using segment = createAll(name);
      const peer = startPeer("c", "refusals", name);
      // In the order of peer.c: no such segment, no name, no object, another kind, hash, schema and size, read-only
      // three times, taken, no such row twice, never written, not held twice, held already twice, nobody died, free.
      const expected = [-1, -1, 0, -9, -10, -10, -10, -11, -11, -11, -12, -18, -18, 0, -13, -13, -14, -14, 0, -13];
      assertEquals(await peer.next(), expected);
      await peer.succeeded();
      assertEquals(segment.participants().map(({ role }) => role), ["test"]);
    }));
});
