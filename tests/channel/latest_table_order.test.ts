import { assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import process from "node:process";
import { f64, LatestTable, Region, struct } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import type { Runtime } from "../../support/runtimes.ts";

const options = { layout: struct("Quote", { bid: f64, ask: f64 }), rows: 1 };

/** Offsets as in latest_table/format.ts: the row's version, and its two slots of 24 bytes. */
const VERSION = 256 / 4, SLOTS = VERSION + 2, SLOT_WORDS = 6;

/** A table whose row was written `version` times, the last time with bid = 1. */
function tableAt(version: number): { table: LatestTable<typeof options.layout>; region: Region } {
  const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(options)));
  LatestTable.init(region, options);
  const { u32, f64 } = region.views, low = version >>> 0, slot = SLOTS + low % 2 * SLOT_WORDS;
  u32[VERSION] = u32[slot] = low;
  u32[slot + 1] = Math.floor(version / 2 ** 32);
  f64[(slot + 2) / 2] = f64[(slot + 2) / 2 + 1] = 1;
  return { table: LatestTable.attach(region, options), region };
}

/** Another attachment, in which `meanwhile` happens right after the first load of the row's version. */
function interrupted(region: Region, meanwhile: () => void): LatestTable<typeof options.layout> {
  let loads = 0;
  const i32 = new Proxy(region.source.i32, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (key === `${VERSION}` && loads++ === 0) meanwhile();
      return value;
    },
  });
  const source = new Proxy(region.source, {
    get: (target, key) => key === "i32" ? i32 : Reflect.get(target, key, target),
  });
  const { name, byteLength, party } = region;
  return LatestTable.attach({ name, byteLength, party, source, readOnly: true } as unknown as Region, options);
}

// Elsewhere words are read by atomic instructions, which take no proxy.
const skip = process.arch !== "x64" && "needs a processor with total store order";

describe("a reader of a LatestTable that is overtaken", () => {
  for (const start of [1, 2 ** 32 - 1, 2 ** 33 - 1]) {
    it(`between two loads of version ${start} returns one that there was`, { skip }, () => {
      const { table, region } = tableAt(start), writer = table.writer();
      // Twice, so that the slot in which the high half lies is written anew.
      const other = interrupted(region, () => [2, 3].forEach((bid) => writer.write(0, { bid })));
      assertEquals(other.version(0), start + 2);
      assertEquals(table.version(0), start + 2);
    });

    it(`before its copy of version ${start} copies again`, { skip }, () => {
      const { table, region } = tableAt(start), writer = table.writer(), quote = options.layout.alloc();
      const other = interrupted(region, () => {
        writer.write(0, { bid: 2, ask: 2 });
        // The next version is begun, not published: its slot is that of the version just loaded.
        writer.begin(0).bid = 3;
      });
      assertEquals([other.read(0, quote), quote.bid, quote.ask], [true, 2, 2]);
    });
  }
});

/** As in latest_table_order_peer.ts. */
type Access = [what: string, where: string, isUntouched: boolean];

describe("on a processor that keeps no order", () => {
  for (const runtime of ["bun", "deno"] as Runtime[]) {
    it(`${runtime} loads the version, fills the slot, publishes the version, counts the change`, async () => {
      const peer = Peer.start(runtime, new URL("./latest_table_order_peer.ts", import.meta.url));
      const { write, read, bid } = await peer.next<{ write: Access[]; read: Access[]; bid: number }>();
      await peer.succeeded();
      // The writer's own load is atomic, or stores into the slot could be seen before the version published last.
      assertEquals(write[0], ["load", "version", true]);
      const stores = write.filter(([what]) => what === "store");
      assertEquals(stores.slice(-2).map(([, where]) => where), ["version", "changes"]);
      assertGreater(stores.length, 4, "the record was not stored by atomic accesses");
      // The load that confirms a copy comes after all of its loads.
      assertEquals(read.at(-1), ["load", "version", true]);
      assertGreater(read.filter(([what, where]) => what === "load" && where === "other").length, 3);
      assertEquals(bid, 4);
    });
  }
});
