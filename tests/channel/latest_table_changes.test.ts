import { assert, assertEquals, assertThrows } from "@std/assert";
import { after, describe, it } from "node:test";
import { ClosedError, f64, LatestTable, Region, Segment, struct } from "@shmkit/shmkit";
import { Spare } from "../../support/spare.ts";
import { besideSoak, deathsOf, Moment } from "../../support/kills.ts";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { mixed, PAIRS } from "../../support/runtimes.ts";
import { Sample } from "./latest_table_sample.ts";

const SCRIPT = new URL("./latest_table_changes_peer.ts", import.meta.url);
const KILLS = deathsOf(50);
/** Changes that each writer makes before it dies, however long that takes. */
const EACH = 200;
const Quote = struct("Quote", { bid: f64 });
const CHANGES = 132 / 4;

function tableOf(rows: number, changes = 0) {
  const options = { layout: Quote, rows };
  const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(options)));
  LatestTable.init(region, options);
  region.views.u32[CHANGES] = changes;
  return { table: LatestTable.attach(region, options), region };
}

function changed(table: LatestTable<typeof Quote>, since: number): { rows: number[]; next: number } {
  const rows: number[] = [];
  const next = table.changedSince(since, (row) => void rows.push(row));
  return { rows, next };
}

describe("LatestTable.changedSince", { timeout: 120_000 + KILLS * 500 }, () => {
  after(() => Spare.endAll());

  besideSoak("passes each row that was written, once, in the order of its first change", () => {
    const { table } = tableOf(100), writer = table.writer();
    let { rows, next } = changed(table, 0);
    assertEquals(rows, []);
    for (const row of [5, 99, 5, 0, 99]) writer.write(row, { bid: row });
    writer.begin(42).bid = 1;
    ({ rows, next } = changed(table, next));
    assertEquals(rows, [5, 99, 0]); // 42 is not committed
    writer.commit();
    ({ rows, next } = changed(table, next));
    assertEquals([rows, changed(table, next)], [[42], { rows: [], next }]);
    assertEquals(table.changes, next);
  });

  besideSoak("passes every row there is if there were more changes than rows", () => {
    for (const rows of [1, 2, 3, 5, 64]) {
      const { table } = tableOf(rows), writer = table.writer(), { next } = changed(table, table.changes);
      const random = new Random(rows), written = new Set<number>();
      for (let i = 0; i < 3 * rows + 5; i++) {
        const row = random.below(rows);
        written.add(row);
        writer.write(row, { bid: i });
      }
      assertEquals(changed(table, next).rows.sort((a, b) => a - b), [...written].sort((a, b) => a - b));
      assertEquals(changed(table, 0).rows.length, written.size);
    }
  });

  besideSoak("counts on past 2^31 and 2^32", () => {
    for (const start of [2 ** 31, 2 ** 32]) {
      const { table } = tableOf(8, start - 3), writer = table.writer();
      let { next } = changed(table, table.changes);
      for (let row = 0; row < 8; row++) {
        writer.write(row, { bid: row });
        const found = changed(table, next);
        assertEquals(found.rows, [row]);
        next = found.next;
      }
      assertEquals(next, (start - 3 + 8) % 2 ** 32);
    }
  });

  besideSoak("shows what a writer published that died before it counted the change", () => {
    using one = Segment.anonymous({ byteLength: 2 ** 16 });
    const two = Segment.open(one.name);
    const table = one.create("quotes", LatestTable, { layout: Quote, rows: 8 });
    const writer = two.open("quotes", LatestTable, { layout: Quote }).writer();
    for (const row of [1, 2, 3]) writer.write(row, { bid: row });
    const words = one.open("quotes", {
      kind: "LatestTable",
      byteLength: () => 8,
      init: () => {},
      attach: (region: Region) => region.views.u32,
    }, {});
    const { next } = changed(table, 0);
    writer.write(6, { bid: 6 });
    words[CHANGES]--; // as if it had died just before
    two.close();
    assertEquals(changed(table, next).rows, []);
    table.writer();
    assertEquals(changed(table, next).rows, [6]);
  });

  besideSoak("passes no row for a writer that follows one that closed", () => {
    const { table } = tableOf(8), first = table.writer();
    for (const row of [1, 2]) first.write(row, { bid: row });
    const { next } = changed(table, 0);
    first.close();
    table.writer();
    assertEquals(changed(table, next), { rows: [], next });
  });

  besideSoak("may be called within its own function, and ends well after one that throws", () => {
    const { table } = tableOf(8), writer = table.writer();
    for (const row of [7, 6]) writer.write(row, { bid: row });
    const since = table.changes;
    for (const row of [1, 2, 3]) writer.write(row, { bid: row });
    const rows: number[] = [], within: number[][] = [];
    table.changedSince(since, (row) => {
      rows.push(row);
      within.push(changed(table, 0).rows);
    });
    assertEquals([rows, within], [[1, 2, 3], new Array(3).fill([7, 6, 1, 2, 3])]);
    assertThrows(() => table.changedSince(since, () => table.changedSince(0, () => void (null as never as []).length)));
    assertEquals(changed(table, since).rows, [1, 2, 3]);
  });

  besideSoak("refuses what is no count, and a closed segment", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 16 });
    const table = segment.create("quotes", LatestTable, { layout: Quote, rows: 8 });
    for (const since of [-1, 0.5, NaN, 2 ** 32]) {
      assertThrows(() => table.changedSince(since, () => {}), RangeError, `received ${since}`);
    }
    segment.close();
    assertThrows(() => table.changedSince(0, () => {}), ClosedError);
    assertThrows(() => table.changes, ClosedError);
  });

  for (const [writer, reader] of PAIRS) {
    besideSoak(`${writer} writes a million times to 500 rows, ${reader} follows: it misses none`, async () => {
      using segment = Segment.anonymous({ byteLength: 2 ** 20 });
      segment.create("samples", LatestTable, { layout: Sample, rows: 500, versions: 4 });
      const follow = Peer.start(reader, SCRIPT, ["follow", segment.name]);
      assertEquals(await follow.next(), "following");
      const write = Peer.start(writer, SCRIPT, ["write", segment.name, 1_000_000]);
      assertEquals([await write.next(), await write.next()], ["writing", "done"]);
      await write.succeeded();
      follow.send("over");
      assertEquals(await follow.next(), { missed: 0, enough: true });
      await follow.succeeded();
    });
  }

  it(`kill -9 of the writer, ${KILLS} times: a follower misses nothing`, async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    const table = segment.create("samples", LatestTable, { layout: Sample, rows: 50, versions: 4 });
    const random = new Random(Date.now()), seen = new Float64Array(table.rows), sample = Sample.alloc();
    let since = 0;
    const follow = () =>
      since = table.changedSince(since, (row) => {
        table.read(row, sample);
        seen[row] = sample.sequence;
      });
    for (let i = 0; i < KILLS; i++) {
      const runtime = mixed(i);
      const peer = Spare.start(runtime, SCRIPT, ["write", segment.name]);
      assertEquals(await peer.next(), "writing");
      const before = table.changes;
      for (const limit = performance.now() + 20_000; table.changes < before + EACH; follow()) {
        assert(performance.now() < limit, `the writer stands still at ${table.changes}, from ${before}`);
      }
      const moment = new Moment(peer, [], 5);
      while (moment.goesOn()) follow();
      await moment.kill();
      table.writer().close(); // as the successor does
      follow();
      for (let row = 0; row < table.rows; row++) {
        assertEquals(seen[row], table.version(row), `seed ${random.seed}, round ${i}, row ${row}`);
      }
    }
  });
});
