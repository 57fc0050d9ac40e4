import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  array,
  chars,
  ClosedError,
  decimal,
  enumeration,
  f64,
  LatestTable,
  NotOwnerError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
  struct,
  u16,
  u53,
  u8,
  type ViewOf,
} from "@shmkit/shmkit";
import { recordCopier } from "../../lib/memory/internal.ts";

const Quote = struct("Quote", { bid: f64, ask: decimal(4), time: u53, side: enumeration("buy", "sell"), id: chars(5) });

function tableOf(
  options: { rows?: number; versions?: number } = {},
): { table: LatestTable<typeof Quote>; region: Region } {
  const all = { layout: Quote, rows: 4, ...options };
  const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(all)));
  LatestTable.init(region, all);
  return { table: LatestTable.attach(region, all), region };
}

/** Sets a row's version as if it had been written that often; offsets as in latest_table/format.ts. */
function setVersion(region: Region, row: number, version: number, versions = 2): void {
  const recordBytes = Math.ceil(Quote.byteLength / 8) * 8, slot = 8 + recordBytes;
  const rowBytes = Math.ceil((8 + versions * slot) / 64) * 64, at = 256 + row * rowBytes;
  const { u32 } = region.views, low = version >>> 0, high = Math.floor(version / 2 ** 32);
  u32[at / 4] = low;
  u32[(at + 8 + low % versions * slot) / 4] = low;
  u32[(at + 8 + low % versions * slot) / 4 + 1] = high;
}

describe("LatestTable", () => {
  it("reads the last value written, row by row", () => {
    const { table } = tableOf();
    const writer = table.writer(), quote = Quote.alloc();
    assertEquals([0, 1, 2, 3].map((row) => table.read(row, quote)), [false, false, false, false]);
    writer.write(2, { bid: 1.5, ask: 0.1, time: 2 ** 40, side: "sell", id: "abc" });
    assertEquals([0, 1, 2, 3].map((row) => table.read(row, quote)), [false, false, true, false]);
    assertEquals(Quote.toObject(quote), { bid: 1.5, ask: 0.1, time: 2 ** 40, side: "sell", id: "abc" });
    writer.write(2, { bid: 2.5 });
    table.read(2, quote);
    assertEquals(Quote.toObject(quote), { bid: 2.5, ask: 0.1, time: 2 ** 40, side: "sell", id: "abc" });
    assertEquals([0, 1, 2, 3].map((row) => table.version(row)), [0, 0, 2, 0]);
  });

  it("leaves the target alone where nothing was written", () => {
    const { table } = tableOf(), quote = Quote.alloc();
    quote.bid = 7;
    assertEquals([table.read(1, quote), quote.bid], [false, 7]);
  });

  it("takes a value field by field, as an object and as a view", () => {
    const { table } = tableOf(), writer = table.writer(), quote = Quote.alloc();
    const row = writer.begin(0);
    row.bid = 1;
    row.ask = 2;
    assertEquals([table.read(0, quote), table.version(0)], [false, 0]); // not before commit
    writer.commit();
    assertEquals([table.read(0, quote), quote.bid, quote.ask, table.version(0)], [true, 1, 2, 1]);
    quote.ask = 3;
    writer.write(1, quote);
    quote.ask = 4;
    assertEquals([table.read(1, quote), quote.bid, quote.ask], [true, 1, 3]);
    // What begin returns holds the row's current value, however many versions are kept.
    for (let i = 0; i < 5; i++) writer.begin(1).bid += 1, writer.commit();
    assertEquals([table.read(1, quote), quote.bid, quote.ask, table.version(1)], [true, 6, 3, 6]);
  });

  it("drops a change that was begun and not committed", () => {
    const { table } = tableOf(), writer = table.writer(), quote = Quote.alloc();
    writer.write(0, { bid: 1 });
    writer.begin(0).bid = 2;
    writer.begin(1).bid = 3;
    writer.commit();
    assertEquals([table.read(0, quote), quote.bid, table.version(0)], [true, 1, 1]);
    assertEquals([table.read(1, quote), quote.bid], [true, 3]);
    assertThrows(() => writer.commit(), TypeError, "no row was begun");
    writer.begin(0).bid = 9;
    writer.close();
    assertThrows(() => writer.commit(), NotOwnerError, "this writer was closed");
    assertEquals([table.read(0, quote), quote.bid], [true, 1]);
  });

  it("accepts the record that begin returned as a value", () => {
    const { table } = tableOf(), writer = table.writer(), quote = Quote.alloc();
    const record = writer.begin(1);
    record.bid = 1;
    writer.commit();
    assertThrows(() => record.bid = 999, RangeError);
    assertEquals([table.read(1, quote), quote.bid], [true, 1]);
    for (let i = 1; i <= 5; i++) writer.write(2, { bid: i });
    writer.begin(1).bid = 77;
    writer.write(2, record); // the record of another row, as a value
    assertEquals([table.read(2, quote), quote.bid], [true, 77]);
    assertEquals([table.read(1, quote), quote.bid], [true, 1]);
    assertThrows(() => record.bid, RangeError);
    writer.begin(1);
    writer.close();
    assertThrows(() => record.bid = 555, RangeError);
  });

  it("publishes nothing of a value that does not fit", () => {
    const { table } = tableOf(), writer = table.writer(), quote = Quote.alloc();
    writer.write(0, { bid: 1, ask: 1 });
    const bad: [values: Record<string, unknown>, says: string][] = [
      [{ bid: 2, time: -1 }, "Quote.time"],
      [{ bid: 2, time: 2 ** 53 }, "Quote.time"],
      [{ bid: 2, ask: 2 ** 63 }, "Quote.ask"],
      [{ bid: 2, side: "hold" }, "Quote.side"],
      [{ bid: 2, id: "123456" }, "Quote.id"],
      [{ bid: "2" }, "Quote.bid"],
      [{ bid: 2, price: 1 }, "price"],
    ];
    for (const [values, says] of bad) {
      assertThrows(() => writer.write(0, values as Partial<{ bid: number }>), Error, says);
      assertEquals([table.read(0, quote), quote.bid, quote.ask, table.version(0)], [true, 1, 1, 1]);
    }
    assertThrows(() => writer.commit(), TypeError, "no row was begun");
    writer.write(0, { bid: 3 });
    assertEquals([table.read(0, quote), quote.bid, table.version(0)], [true, 3, 2]);
  });

  for (const row of [-1, 4, 1.5, NaN, Infinity, 2 ** 32, "0", undefined]) {
    it(`refuses a row: ${String(row)}`, () => {
      const { table } = tableOf(), writer = table.writer();
      const uses = [
        () => table.read(row as number, Quote.alloc()),
        () => table.version(row as number),
        () => writer.begin(row as number),
        () => writer.write(row as number, { bid: 1 }),
      ];
      for (const use of uses) assertThrows(use, RangeError, `must be an integer from 0 to 3: received ${row}`);
    });
  }

  it("refuses a view of another layout", () => {
    const { table } = tableOf(), writer = table.writer();
    const other = struct("Other", { a: u8 }).alloc() as unknown as ViewOf<typeof Quote>;
    writer.write(0, { bid: 1 });
    assertThrows(() => table.read(0, other), TypeError, "Other");
    assertThrows(() => writer.write(0, other), TypeError);
  });

  const badOptions: [title: string, options: Record<string, unknown>, says: string][] = [
    ["no rows", { rows: 0 }, "rows must be an integer from 1"],
    ["half a row", { rows: 1.5 }, "received 1.5"],
    ["too many rows", { rows: 2 ** 40 }, "rows must be"],
    ["one version", { versions: 1 }, "versions must be 2, 4, 8 … or 256: received 1"],
    ["three versions", { versions: 3 }, "received 3"],
    ["too many versions", { versions: 512 }, "received 512"],
  ];
  for (const [title, options, says] of badOptions) {
    it(`refuses ${title}`, () => void assertThrows(() => tableOf(options), RangeError, says));
  }

  it("refuses to be so large that a record after it would begin beyond 4 GiB", () => {
    const rows = 2 ** 24, big = struct("Big", { a: array(u8, 3 * 2 ** 29) });
    for (
      const options of [{ layout: Quote, rows: 2 ** 31 }, { layout: big, rows: 1 }, {
        layout: Quote,
        rows: 4 * rows,
      }]
    ) {
      assertThrows(() => LatestTable.byteLength(options), RangeError, "as its size must be at most ");
    }
    assert(LatestTable.byteLength({ layout: Quote, rows }) < 2 ** 32);
  });

  it("accepts the record that begin returned as a value in memory of any length", () => {
    const layout = struct("Byte", { a: u8 }), options = { layout, rows: 1 };
    for (let more = 0; more < 9; more++) {
      const buffer = new ArrayBuffer(LatestTable.byteLength(options) + more), region = Region.over(buffer);
      LatestTable.init(region, options);
      const writer = LatestTable.attach(region, options).writer(), record = writer.begin(0);
      record.a = 1;
      writer.commit();
      assertThrows(() => record.a = 9, RangeError);
    }
  });

  it("refuses other rows or versions than it was made with", () => {
    const { region } = tableOf({ rows: 4, versions: 2 });
    assertEquals(LatestTable.attach(region, { layout: Quote }).rows, 4);
    assertThrows(() => LatestTable.attach(region, { layout: Quote, rows: 5 }), SegmentFormatError, "5 in the options");
    assertThrows(
      () => LatestTable.attach(region, { layout: Quote, versions: 4 }),
      SegmentFormatError,
      "4 in the options",
    );
    const nameless = { layout: Quote, rows: Symbol("4") as unknown as number }; // no text is made of it by itself
    assertThrows(() => LatestTable.attach(region, nameless), SegmentFormatError, "Symbol(4) in the options");
  });

  it("refuses memory that holds no table, or one cut short", () => {
    assertThrows(
      () => LatestTable.attach(Region.over(new ArrayBuffer(64)), { layout: Quote }),
      SegmentFormatError,
      "256",
    );
    const empty = Region.over(new ArrayBuffer(4096));
    assertThrows(() => LatestTable.attach(empty, { layout: Quote }), SegmentFormatError, "rows must be");
    const { region } = tableOf();
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 64);
    assertThrows(() => LatestTable.attach(cut, { layout: Quote }), SegmentFormatError, "for 4 rows");
    region.views.u32[12 / 4] = 8;
    assertThrows(() => LatestTable.attach(region, { layout: Quote }), SegmentFormatError, "record's length");
  });

  it("counts on past 2^31 and 2^32", () => {
    for (const versions of [2, 4]) {
      for (const start of [2 ** 31 - 3, 2 ** 32 - 3, 2 ** 33 - 3, 2 ** 52 - 3]) {
        const { table, region } = tableOf({ versions });
        setVersion(region, 1, start, versions);
        const writer = table.writer(), quote = Quote.alloc();
        assertEquals(table.version(1), start);
        for (let i = 1; i <= 6; i++) {
          writer.write(1, { bid: i });
          assertEquals([table.version(1), table.read(1, quote), quote.bid], [start + i, true, i]);
        }
      }
    }
  });

  it("accepts a version whose low half is 0", () => {
    const { table, region } = tableOf();
    const quote = Quote.alloc();
    setVersion(region, 0, 2 ** 32);
    assertEquals([table.version(0), table.read(0, quote)], [2 ** 32, true]);
    assertEquals([table.version(1), table.read(1, quote)], [0, false]);
  });

  it("keeps every record apart, whatever its size", () => {
    for (
      const layout of [struct("A", { a: u8 }), struct("B", { a: array(u16, 3) }), struct("C", { a: array(u8, 1000) })]
    ) {
      const options = { layout, rows: 3, versions: 4 };
      const region = Region.over(new ArrayBuffer(LatestTable.byteLength(options)));
      LatestTable.init(region, options);
      // deno-lint-ignore no-explicit-any -- three layouts in one loop
      const table = LatestTable.attach(region, options) as LatestTable<any>;
      const writer = table.writer();
      const valueOf = (seed: number) => ({
        a: layout.name === "A" ? seed : Array(layout.name === "B" ? 3 : 1000).fill(seed),
      });
      for (let i = 0; i < 30; i++) for (let row = 0; row < 3; row++) writer.write(row, valueOf(10 * row + i));
      for (let row = 0; row < 3; row++) {
        const value = layout.alloc();
        assert(table.read(row, value));
        // deno-lint-ignore no-explicit-any -- three layouts in one loop
        assertEquals((layout as any).toObject(value), valueOf(10 * row + 29));
      }
    }
  });
});

describe("the writer of a LatestTable", () => {
  it("is one at a time", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
    using two = Segment.open(one.name);
    const first = one.create("quotes", LatestTable, { layout: Quote, rows: 4 });
    const second = two.open("quotes", LatestTable, { layout: Quote });
    const writer = first.writer();
    const error = assertThrows(() => second.writer(), RoleTakenError, "(feed), which is alive");
    assertEquals(error.code, "ROLE_TAKEN");
    assertThrows(() => first.writer(), RoleTakenError);
    writer.close();
    writer.close();
    {
      using other = second.writer();
      other.write(0, { bid: 1 });
      assertThrows(() => first.writer(), RoleTakenError);
      assertThrows(() => writer.write(0, { bid: 2 }), NotOwnerError, "this writer was closed");
      assertThrows(() => writer.begin(0), NotOwnerError);
    }
    first.writer().write(0, { bid: 3 });
  });

  it("ends with its attachment", () => {
    using one = Segment.anonymous({ byteLength: 65_536 });
    const table = one.create("quotes", LatestTable, { layout: Quote, rows: 4 });
    const two = Segment.open(one.name);
    const writer = two.open("quotes", LatestTable, { layout: Quote }).writer();
    writer.write(0, { bid: 1 });
    assertThrows(() => table.writer(), RoleTakenError);
    two.close();
    assertThrows(() => writer.commit(), ClosedError);
    table.writer().write(0, { bid: 2 });
    assertEquals(table.version(0), 2);
  });
});

describe("recordCopier", () => {
  it("copies the same bytes with atomic accesses as with plain ones", () => {
    const layouts = [Quote, struct("A", { a: u8, b: u8, c: u8 }), struct("B", { a: u16, b: array(u16, 4) })];
    for (const layout of layouts) {
      // deno-lint-ignore no-explicit-any -- three layouts in one loop
      const any = layout as any;
      const from = any.alloc(), to = any.alloc(), reference = any.alloc();
      const bytes = any.viewsOf(from).u8;
      for (let i = 0; i < bytes.length; i++) bytes[i] = i * 37 + 1;
      recordCopier(any, false)(from, to);
      recordCopier(any, true)(from, reference);
      assertEquals([...any.viewsOf(to).u8], [...any.viewsOf(reference).u8]);
      assertGreater([...any.viewsOf(to).u8].filter((byte) => byte !== 0).length, layout.byteLength / 2);
    }
  });
});
