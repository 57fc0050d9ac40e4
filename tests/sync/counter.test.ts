import { assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { Peer } from "../../support/peer.ts";
import { PAIRS } from "../../support/runtimes.ts";
import { locksOf, makeTable, NAMES } from "./lock_table.ts";

const SCRIPT = new URL("./lock_peer.ts", import.meta.url);

/** Each process's share. */
const COUNT = 1_000_000;

describe("a plain counter under each lock", { timeout: 240_000 }, () => {
  for (const pair of PAIRS) {
    it(`${pair.join(" and ")} count exactly`, async () => {
      using segment = makeTable();
      let waits = 0;
      for (const name of NAMES) {
        const peers = pair.map((runtime) => Peer.start(runtime, SCRIPT, ["count", segment.name, COUNT, name]));
        for (const peer of peers) assertEquals(await peer.next(), "ready");
        for (const peer of peers) peer.send("go");
        for (const peer of peers) {
          await peer.next();
          await peer.succeeded();
        }
        const [{ lock, words }] = locksOf(segment, [name]);
        assertEquals(words[0], 2 * COUNT, name);
        const { acquisitions, contended, owner, recoveries } = lock.stats();
        assertEquals([acquisitions, owner, recoveries], [2 * COUNT, undefined, 0], name);
        waits += contended;
      }
      assertGreater(waits, 0, "they did meet");
    });
  }
});
