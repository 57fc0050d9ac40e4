import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KeyedTable, Segment, u53 } from "@shmkit/shmkit";
import { deathsOf, portionsOf } from "../../support/kills.ts";
import { freeSharedMemory } from "../../support/machine.ts";
import { Peer } from "../../support/peer.ts";
import { mixed, PAIRS, thisRuntime } from "../../support/runtimes.ts";
import { withName } from "../../support/segments.ts";
import { fill, keyOf, Sample, SMALL } from "./keyed_table_sample.ts";

const SCRIPT = new URL("./keyed_table_peer.ts", import.meta.url);
const KILLS = deathsOf(16);
/** The runners start processes of both runtimes alike: one of them adds the million. A container may have 64 MiB. */
const TOTAL = freeSharedMemory() < 2 ** 29 ? 100_000 : thisRuntime === "bun" ? 1_000_000 : 200_000;

/** A table in which keys come and go, and two stay. */
function makeChurn(segment: Segment): KeyedTable<typeof Sample> {
  const table = segment.create("churn", KeyedTable, { ...SMALL, capacity: 26, writers: "rows" });
  const writer = table.writer(), sample = Sample.alloc();
  for (const number of [1000, 1001]) {
    fill(sample, number, 1);
    writer.set(keyOf(number), sample);
  }
  return table;
}

describe("KeyedTable between processes", { timeout: 240_000 }, () => {
  it(`four processes add ${TOTAL} integers together, and each key has one row`, () =>
    withName(async (name) => {
      const total = TOTAL;
      const options = { layout: Sample, key: u53, capacity: total };
      using segment = Segment.create(name, { byteLength: KeyedTable.byteLength(options) + 2 ** 20 });
      const table = segment.create("many", KeyedTable, options);
      const peers = [0, 1, 2, 3].map((i) => Peer.start(mixed(i), SCRIPT, ["many", name, i, 4, total]));
      const seen = await Promise.all(peers.map((peer) => peer.next<{ rows: number; found: number; wrong: number }>()));
      await Promise.all(peers.map((peer) => peer.succeeded()));
      assertEquals(seen.map(({ rows, wrong }) => [rows, wrong]), Array(4).fill([total / 4, 0]));
      assertGreater(seen.reduce((sum, { found }) => sum + found, 0), 1000);
      assertEquals(table.size, total);
      const rows = new Uint8Array(total);
      for (let key = 0; key < total; key++) rows[table.rowOf(key)]++;
      assert(rows.every((count) => count === 1), "a row has two keys");
    }));

  for (const [writer, reader] of PAIRS) {
    it(`two in ${writer} add, write and remove, ${reader} reads: nothing is torn, of another key, or missed`, () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 2 ** 20 });
        const table = makeChurn(segment);
        const writers = [0, 1].map((i) => Peer.start(writer, SCRIPT, ["churn", name, i]));
        for (const peer of writers) assertEquals(await peer.next(), "ready");
        for (const peer of writers) peer.send("begin");
        for (const peer of writers) assertEquals(await peer.next(), "at work");
        const look = Peer.start(reader, SCRIPT, ["look", name]);
        const { reads, found, wrong, missed, passed } = await look.next<Record<string, number>>();
        await look.succeeded();
        for (const peer of writers) {
          peer.kill();
          await peer.exited;
        }
        assertEquals({ wrong, missed }, { wrong: 0, missed: 0 });
        assertGreater(reads, 10_000);
        assertGreater(found, 999);
        assertGreater(passed, 100);
        table.remove("nobody");
        assertEquals(table.size, [...table.keys()].length);
      }));
  }

  it(`kill -9 of ${KILLS} that add, write and remove: their keys are found or not, and others take them`, () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 20 });
      const table = makeChurn(segment), sample = Sample.alloc();
      let made = 0;
      const start = async () => {
        const peer = Peer.start(mixed(made), SCRIPT, ["churn", name, made++ % 4]);
        assertEquals(await peer.next(), "ready");
        return peer;
      };
      for (const portion of portionsOf(KILLS)) {
        const peers = await Promise.all(Array.from({ length: portion }, start));
        for (const peer of peers) peer.send("begin");
        for (const peer of peers) {
          assertEquals(await peer.next(), "at work");
          await delay(Math.random() * 4);
          peer.kill();
          await peer.exited;
          for (const number of [1000, 1001]) assert(table.get(keyOf(number), sample), "one that stays is gone");
        }
        table.remove("nobody");
        const entries = [...table.entries()];
        assertEquals(table.size, entries.length);
        for (const [key, row] of entries) assertEquals(table.rowOf(key), row);
      }
      for (const [key] of table.entries()) if (!/^100[01]-|^key-100[01]$/.test(`${key}`)) assert(table.remove(key));
      assertEquals(table.size, 2);
      for (let number = 0; number < 24; number++) table.add(keyOf(number));
      assertEquals(table.size, 26);
    }));
});
