import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { store } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Peer } from "../../support/peer.ts";
import { PAIRS, type Runtime } from "../../support/runtimes.ts";
import { Words } from "../sync/lock_table.ts";

const SCRIPT = new URL("./litmus_peer.ts", import.meta.url);
const OUT = 1024;

function make(): { segment: Segment; words: Int32Array } {
  const segment = Segment.anonymous({ byteLength: 1 << 23 });
  return { segment, words: segment.create("words", Words, { count: 1 << 20 }) };
}

async function both<T>(segment: Segment, pair: readonly Runtime[], what: string, rounds: number): Promise<T> {
  const peers = pair.map((runtime, side) => Peer.start(runtime, SCRIPT, [what, segment.name, side, rounds]));
  for (const peer of peers) assertEquals(await peer.next(), "ready");
  assertEquals(await peers[0].next(), "done");
  const result = await peers[1].next<T>();
  for (const peer of peers) await peer.succeeded();
  return result;
}

async function buffering(pair: readonly Runtime[], what: string, rounds: number): Promise<void> {
  const { segment, words } = make();
  using _segment = segment;
  await both(segment, pair, what, rounds);
  let neither = 0, early = 0;
  for (let round = 1; round <= rounds; round++) {
    const one = words[OUT + round], other = words[OUT + rounds + round];
    if (one < round && other < round) neither++;
    if (one < round || other < round) early++;
  }
  assertEquals(neither, 0);
  assertGreater(early, 0, "the two did run at the same time");
}

describe("litmus tests of the memory model, in optimised code", { timeout: 240_000 }, () => {
  for (const pair of PAIRS) {
    const names = pair.join(" and ");

    for (const [what, rounds] of [["buffer", 100_000], ["fence", 50_000]] as const) {
      const title = what === "buffer" ? "a store, then a look," : "a release here, a fence there, then a look,";
      it(`${names}: ${title} are never both passed (store buffering)`, () => buffering(pair, what, rounds));
    }
    for (const what of ["message", "release"]) {
      it(`${names}: what was written before the flag is seen after it (message passing, ${what})`, async () => {
        using segment = make().segment;
        const { violations, seen } = await both<{ violations: number; seen: number }>(segment, pair, what, 2_000_000);
        assertEquals(violations, 0);
        assertGreater(seen, 0);
      });
    }

    it(`${names}: loads keep their order`, async () => {
      using segment = make().segment;
      assertEquals(await both<number>(segment, pair, "order", 1_000_000), 0);
    });

    it(`${names}: an aligned 64-bit float is never torn`, async () => {
      using segment = make().segment;
      assertEquals(await both<number>(segment, pair, "torn", 20_000_000), 0);
    });
  }

  for (const runtime of ["bun", "deno"] as const) {
    for (const side of [0, 1]) {
      it(`${runtime}: a loop on a load ends${side === 1 ? ", in memory mapped for reading only" : ""} (hoisting)`, async () => {
        const { segment, words } = make();
        using _segment = segment;
        const peer = Peer.start(runtime, SCRIPT, ["hoist", segment.name, side, 0]);
        assertEquals(await peer.next(), "ready");
        assertEquals(await peer.next(), "warm");
        store(words, 0, 1);
        assert(await peer.next<boolean>());
        await peer.succeeded();
      });
    }
  }
});
