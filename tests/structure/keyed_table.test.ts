import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import {
  CapacityError,
  chars,
  ClosedError,
  f64,
  KeyedTable,
  type KeyedTableOptions,
  NotOwnerError,
  ReadOnlyError,
  Region,
  RoleTakenError,
  Segment,
  SegmentFormatError,
  struct,
  type TableKey,
  u32,
  u53,
} from "@shmkit/shmkit";
import { keyRecordBytes, slotsFor } from "../../lib/structure/keyed_table/format.ts";
import { Random } from "../../support/random.ts";
import { withName } from "../../support/segments.ts";

const Quote = struct("Quote", { bid: f64, ask: f64, id: u32 });
type Options = KeyedTableOptions<typeof Quote>;

function make(options: Partial<Options> = {}): { table: KeyedTable<typeof Quote>; region: Region; options: Options } {
  const all = { layout: Quote, key: chars(16), capacity: 8, ...options };
  const region = Region.over(new SharedArrayBuffer(KeyedTable.byteLength(all)));
  KeyedTable.init(region, all);
  return { table: KeyedTable.attach(region, all), region, options: all };
}

/** Texts of all lengths and kinds: plain, of two, three and four bytes a character, and those that differ late. */
const TEXTS = [
  "",
  "a",
  "ab",
  "abc",
  "abcd",
  "abcde",
  "BTC-PERPETUAL",
  "BTC-PERPETUAM",
  "ETH-PERPETUAL",
  "0123456789abcdef",
]
  .concat(["0123456789abcdeg", "é", "€", "😀", "aé", "abcé", "abcdé", "éé", "\u{7f}", "\u{80}", "€€€€€", "aaa\u{7ff}"]);

describe("KeyedTable", () => {
  it("finds texts of every kind and length, by key, by number and by handle", () => {
    const { table } = make({ capacity: TEXTS.length });
    const writer = table.writer(), quote = Quote.alloc();
    for (const [i, text] of TEXTS.entries()) {
      assertEquals([table.rowOf(text), table.has(text), table.find(text)], [-1, false, undefined]);
      assertEquals(writer.set(text, { bid: i, ask: -i, id: i }), i);
    }
    for (const [i, text] of TEXTS.entries()) {
      assertEquals([table.rowOf(text), table.has(text), table.add(text), table.keyOf(i)], [i, true, i, text]);
      assert(table.get(text, quote));
      assertEquals(Quote.toObject(quote), { bid: i, ask: -i, id: i });
      const found = table.find(text)!;
      assertEquals([found.key, found.row, found.isCurrent, found.read(quote), quote.id], [text, i, true, true, i]);
      assert(table.read(i, quote));
    }
    assertEquals([table.size, [...table.keys()]], [TEXTS.length, TEXTS]);
    assertEquals([...table.entries()], TEXTS.map((text, i) => [text, i]));
  });

  it("does not confuse texts whose bytes are alike", () => {
    const { table } = make();
    table.add("a");
    table.add("abcd");
    for (const text of ["a\0", "a\0\0", "abcd\0", "\0", "ab", "abc", "abcde", "A", "\ud800", "0123456789abcdef0"]) {
      assertEquals(table.rowOf(text), -1, JSON.stringify(text));
      assertEquals(table.get(text, Quote.alloc()), false);
    }
    for (
      const [text, says] of [["a\0", "without NUL"], ["\ud800", "lone surrogates"], ["€€€€€€", "at most 16 bytes"]]
    ) {
      assertThrows(() => table.add(text), RangeError, says);
    }
    assertEquals(table.size, 2);
  });

  it("finds integers up to 2^53 − 1", () => {
    const keys = [0, 1, 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 7, 2 ** 53 - 1];
    const { table } = make({ key: u53, capacity: keys.length });
    for (const [i, key] of keys.entries()) assertEquals(table.add(key), i);
    for (const [i, key] of keys.entries()) assertEquals([table.rowOf(key), table.keyOf(i)], [i, key]);
    for (const key of [3, 2 ** 33, -1, 1.5, NaN, Infinity, 2 ** 53]) assertEquals(table.rowOf(key), -1, `${key}`);
    for (const key of [-1, 1.5, NaN, Infinity, 2 ** 53]) assertThrows(() => table.add(key), RangeError, "2^53 − 1");
  });

  it("refuses keys of the other type", () => {
    const texts = make().table, integers = make({ key: u53 }).table;
    for (const key of [7, undefined, null, {}, true] as TableKey[]) {
      for (const use of [() => texts.rowOf(key), () => texts.add(key), () => texts.get(key, Quote.alloc())]) {
        assertThrows(use, TypeError, "must be a string");
      }
    }
    for (const key of ["7", undefined, 7n] as TableKey[]) {
      assertThrows(() => integers.rowOf(key), TypeError, "must be a number");
      assertThrows(() => integers.remove(key), TypeError, "must be a number");
    }
  });

  it("agrees with a map over random additions, removals and writes", () => {
    for (const key of [chars(7), u53]) {
      const random = new Random(7), { table } = make({ key, capacity: 100, versions: 2 });
      const writer = table.writer(), model = new Map<TableKey, { row: number; bid: number | undefined }>();
      const keyOf = (i: number): TableKey => key.kind === "u53" ? i * 2 ** 30 : `k${i}`;
      const quote = Quote.alloc();
      for (let step = 0; step < 20_000; step++) {
        const key = keyOf(random.below(160)), known = model.get(key), what = random.below(4);
        if (what === 0) assertEquals(writer.remove(key), model.delete(key));
        else if (what === 1 && known) {
          known.bid = step;
          writer.write(known.row, { bid: step });
        } else if (known === undefined && model.size < 100) {
          const row = table.add(key);
          assert([...model.values()].every((other) => other.row !== row));
          model.set(key, { row, bid: undefined });
        }
        const asked = keyOf(random.below(160)), found = model.get(asked);
        assertEquals([table.rowOf(asked), table.size], [found?.row ?? -1, model.size], `step ${step}`);
        assertEquals(table.get(asked, quote) ? quote.bid : undefined, found?.bid, `step ${step}`);
      }
      assertEquals(new Map(table.entries()), new Map([...model].map(([key, { row }]) => [key, row])));
    }
  });

  it("shows nothing that an earlier key of the row left", () => {
    for (const writers of ["one", "rows"] as const) {
      const { table } = make({ writers, capacity: 1 });
      const writer = table.writer(), quote = Quote.alloc();
      assertEquals(writer.set("old", { bid: 1, ask: 2, id: 3 }), 0);
      const old = table.find("old")!;
      assertEquals([writer.remove("old"), writer.remove("old"), table.size], [true, false, 0]);
      assertEquals(
        [table.get("old", quote), old.read(quote), old.isCurrent, table.read(0, quote)],
        Array(4).fill(false),
      );
      assertEquals([table.keyOf(0), [...table.keys()]], [undefined, []]);
      assertThrows(() => writer.write(0, { bid: 9 }), RangeError, "that of a key");
      assertEquals(writer.own("new"), 0);
      assertEquals([table.get("new", quote), old.read(quote), table.read(0, quote)], [false, false, false]);
      writer.write(0, { ask: 5 });
      assert(table.get("new", quote));
      assertEquals(Quote.toObject(quote), { bid: 0, ask: 5, id: 0 });
      writer.write(0, { bid: 6 });
      assert(table.read(0, quote));
      assertEquals(Quote.toObject(quote), { bid: 6, ask: 5, id: 0 });
      writer.remove("new");
      writer.own("third");
      const record = writer.begin(0);
      assertEquals(Quote.toObject(record), { bid: 0, ask: 0, id: 0 });
      record.id = 7;
      writer.commit();
      assert(table.get("third", quote));
      assertEquals(Quote.toObject(quote), { bid: 0, ask: 0, id: 7 });
      // The same key again is another one, too.
      writer.remove("third");
      writer.own("third");
      assertEquals(table.get("third", quote), false);
      const whole = Quote.alloc();
      whole.bid = 8;
      writer.write(0, whole);
      assert(table.get("third", quote));
      assertEquals(Quote.toObject(quote), { bid: 8, ask: 0, id: 0 });
    }
  });

  it("does not commit to a row whose key was removed", () => {
    for (const writers of ["one", "rows"] as const) {
      const { table } = make({ writers });
      const writer = table.writer(), row = writer.set("a", { bid: 1 });
      writer.begin(row).bid = 2;
      writer.remove("a");
      assertEquals(writer.own("b"), row);
      assertThrows(() => writer.commit(), TypeError, "its key was removed");
      assertThrows(() => writer.commit(), TypeError);
      assertEquals(table.get("b", Quote.alloc()), false);
      writer.begin(row).bid = 3;
      writer.commit();
      assertThrows(() => writer.commit(), TypeError, "no row was begun");
    }
  });

  it("says how many keys it holds when it is full, and takes one in the place of a removed one", () => {
    const { table } = make({ capacity: 3 });
    for (const key of ["a", "b", "c", "a"]) table.add(key);
    const error = assertThrows(
      () => table.add("d"),
      CapacityError,
      `Cannot add key "d" to keyed table memory as it is full`,
    );
    assertEquals([error.code, table.size, table.rowOf("d")], ["CAPACITY", 3, -1]);
    assert(error.message.endsWith("its capacity is 3 keys"));
    assertEquals([table.remove("b"), table.add("d"), table.rowOf("a"), table.rowOf("c")], [true, 1, 0, 2]);
    assertThrows(() => table.add("b"), CapacityError);
  });

  it("reports which rows changed", () => {
    for (const writers of ["one", "rows"] as const) {
      const { table } = make({ writers, capacity: 5 });
      const writer = table.writer(), rows: number[] = [], note = (row: number) => void rows.push(row);
      const [a, b, c] = ["a", "b", "c"].map((key) => writer.own(key));
      const from = table.changes;
      for (const row of [a, c, a]) writer.write(row, { bid: 1 });
      let seen = table.changedSince(from, note);
      assertEquals(rows.splice(0), [a, c]);
      seen = table.changedSince(seen, note);
      assertEquals(rows, []);
      for (let i = 0; i < 30; i++) writer.write([b, c][i % 2], { bid: i });
      writer.remove("c");
      seen = table.changedSince(seen, note);
      assertEquals(rows.splice(0), [a, b], "all that have a key and a value, where there were too many changes");
      writer.begin(b).bid = 4;
      assertEquals(table.changedSince(seen, note), seen);
      writer.commit();
      assertEquals(table.changedSince(seen, note), (seen + 1) >>> 0);
      assertEquals(rows, [b]);
      for (const since of [-1, 1.5, 2 ** 32, NaN]) {
        assertThrows(() => table.changedSince(since, note), RangeError, "since");
      }
    }
  });

  it("counts changes, versions and states past 2^31 and 2^32", () => {
    for (const writers of ["one", "rows"] as const) {
      for (const start of [2 ** 31 - 3, 2 ** 32 - 3]) {
        const { table, region, options } = make({ writers, capacity: 4 });
        const rowsAt = rowsOffset(options), words = region.views.u32, quote = Quote.alloc();
        words[(rowsAt + 132) / 4] = start; // changes
        const key = (640 + slotsFor(4) * 4 + 63 & ~63) / 4;
        words[key] = (start * 2) >>> 0; // the state of row 0, as if it had been freed that often
        words[(rowsAt + 256) / 4] = start; // its version
        const slot = 8 + Math.ceil(Quote.byteLength / 8) * 8;
        words[(rowsAt + 256 + 8 + start % 2 * slot) / 4] = start;
        const writer = table.writer();
        let seen = table.changes;
        for (let i = 0; i < 8; i++) {
          assertEquals([writer.own(`k${i}`), table.get(`k${i}`, quote), table.read(0, quote)], [0, false, false]);
          writer.write(0, { bid: i });
          assert(table.get(`k${i}`, quote));
          const rows: number[] = [];
          seen = table.changedSince(seen, (row) => void rows.push(row));
          assertEquals([quote.bid, rows, table.keyOf(0)], [i, [0], `k${i}`]);
          writer.remove(`k${i}`);
        }
      }
    }
  });

  it("reports all rows where a change was counted and not noted, or noted a lap later", () => {
    const { table, region, options } = make({ writers: "rows", capacity: 4 });
    const writer = table.writer();
    const [a, b] = ["a", "b"].map((key) => writer.own(key)),
      words = region.views.i32,
      changes = (rowsOffset(options) + 132) / 4;
    writer.write(a, { bid: 1 });
    writer.write(b, { bid: 1 });
    const seen = table.changes, rows: number[] = [];
    words[changes]++; // by a writer that died right after it
    writer.write(b, { bid: 2 });
    assertEquals(table.changedSince(seen, (row) => void rows.push(row)), seen + 2);
    assertEquals(rows.splice(0), [a, b]);
    table.changedSince(seen + 1, (row) => void rows.push(row));
    assertEquals(rows, [b]);
  });

  it("refuses options that it cannot be made with", () => {
    const bad: [options: Partial<Options>, error: typeof RangeError | typeof TypeError, says: string][] = [
      [{ capacity: 0 }, RangeError, "capacity must be an integer from 1 to 67108864: received 0"],
      [{ capacity: 1.5 }, RangeError, "received 1.5"],
      [{ capacity: 2 ** 27 }, RangeError, "capacity"],
      [{ capacity: 2 ** 26 }, RangeError, "its size must be at most"],
      [{ key: chars(257) }, RangeError, "received chars(257)"],
      [{ key: f64 }, TypeError, "key must be chars(n) or u53: received f64"],
      [{ key: undefined as never }, TypeError, "received undefined"],
      [{ writers: "many" as never }, TypeError, `writers must be "one" or "rows": received "many"`],
      [{ versions: 3 }, RangeError, "versions"],
      [{ layout: undefined as never }, TypeError, "'layout' made by struct()"],
    ];
    for (const [options, error, says] of bad) assertThrows(() => make(options), error, says);
  });

  it("refuses memory that is not a table, contradicts itself, or is not as expected", () => {
    const { region, options } = make();
    const attach = (more: Partial<Options> = {}) => KeyedTable.attach(region, { layout: Quote, ...more });
    assertEquals([attach().capacity, attach().hasTexts, attach().keyBytes, attach().writers], [8, true, 16, "one"]);
    const wrong: Partial<Options>[] = [{ capacity: 9 }, { key: chars(8) }, { key: u53 }, { writers: "rows" }, {
      versions: 4,
    }];
    for (const more of wrong) assertThrows(() => attach(more), SegmentFormatError, "in the options");
    const Other = struct("Other", { a: f64 });
    assertThrows(() => KeyedTable.attach(region, { layout: Other }), SegmentFormatError, "record's length");
    assertThrows(
      () => KeyedTable.attach(Region.over(new ArrayBuffer(600)), options),
      SegmentFormatError,
      "640 or more",
    );
    assertThrows(
      () => KeyedTable.attach(Region.over(new ArrayBuffer(4096)), options),
      SegmentFormatError,
      "its capacity",
    );
    const cut = Region.over(region.source.buffer as SharedArrayBuffer, 0, region.byteLength - 64);
    assertThrows(() => KeyedTable.attach(cut, options), SegmentFormatError);
    for (let word = 0; word < 6; word++) {
      for (const value of [0xffff_ffff, 3, 0]) {
        const before = region.views.u32[word];
        if (value === before || (word === 3 && value === 3)) continue; // a key of 3 bytes takes as much
        region.views.u32[word] = value;
        assertThrows(() => attach(), SegmentFormatError, "", `word ${word}: ${value}`);
        region.views.u32[word] = before;
      }
    }
    attach();
  });

  it("refuses rows that do not exist", () => {
    const { table } = make(), writer = table.writer();
    for (const row of [-1, 8, 1.5, NaN, "0", undefined] as number[]) {
      assertThrows(() => table.read(row, Quote.alloc()), RangeError, `from 0 to 7: received ${row}`);
      assertThrows(() => table.keyOf(row), RangeError);
      assertThrows(() => writer.write(row, { bid: 1 }), RangeError);
      assertThrows(() => writer.begin(row), RangeError);
    }
    assertEquals([table.read(7, Quote.alloc()), table.keyOf(7)], [false, undefined]);
    assertThrows(() => writer.write(7, { bid: 1 }), RangeError, "that of a key: received 7");
  });

  it("ends every search and every repair, whatever bytes it finds", () => {
    const random = new Random(14), { region, options } = make({ capacity: 20 });
    const first = 128 / 4, end = rowsOffset(options) / 4;
    for (let round = 0; round < 300; round++) {
      const words = region.views.u32;
      for (let i = first; i < end; i++) {
        if (i < 384 / 4 || i >= 640 / 4) words[i] = random.below(3) === 0 ? random.below(30) : random.u32();
      }
      words.fill(0, 384 / 4, 640 / 4); // the mutex is free: that it may be broken is its own business
      const table = KeyedTable.attach(region, options);
      const tries: (() => unknown)[] = [
        () => table.rowOf("a"),
        () => table.get("a", Quote.alloc()),
        () => [...table.entries()],
        () => table.changedSince(0, () => {}),
        () => table.remove("a"),
        () => table.add("b"),
        () => table.writer().set("c", { bid: 1 }),
      ];
      for (const use of tries) {
        try {
          use();
        } catch (error) {
          const isRefusal = error instanceof SegmentFormatError || error instanceof CapacityError ||
            error instanceof RoleTakenError;
          assert(isRefusal, `round ${round}: ${error}`);
        }
      }
    }
  });
});

describe("a KeyedTable in a segment", () => {
  it("has one writer at a time, and removes only keys that no living process may write", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
    const two = Segment.open(one.name);
    const here = one.create("quotes", KeyedTable, { layout: Quote, key: chars(8), capacity: 4 });
    const there = two.open("quotes", KeyedTable, { layout: Quote });
    const writer = here.writer();
    writer.set("a", { bid: 1 });
    assertEquals(there.add("b"), 1, "anybody adds");
    assertThrows(() => there.writer(), RoleTakenError, "(feed), which is alive");
    assertThrows(() => here.writer(), RoleTakenError);
    for (const table of [here, there]) assertThrows(() => table.remove("a"), RoleTakenError);
    writer.close();
    writer.close();
    for (
      const use of [
        () => writer.write(0, { bid: 2 }),
        () => writer.begin(0),
        () => writer.own("c"),
        () => writer.remove("a"),
      ]
    ) {
      assertThrows(use, NotOwnerError, "this writer was closed");
    }
    assertEquals(here.remove("a"), true);
    there.writer();
    assertThrows(() => here.writer(), RoleTakenError);
    two.close();
    using _ = here.writer(); // from one that is gone
  });

  it("gives each row to one writer at a time, where rows have them", () => {
    using one = Segment.anonymous({ byteLength: 65_536, role: "feed" });
    const two = Segment.open(one.name);
    const here = one.create("quotes", KeyedTable, { layout: Quote, key: chars(8), capacity: 100, writers: "rows" });
    const there = two.open("quotes", KeyedTable, { layout: Quote });
    const first = here.writer(), second = there.writer(), third = here.writer(), quote = Quote.alloc();
    const a = first.set("a", { bid: 1 }), b = second.set("b", { bid: 2 });
    assertEquals([first.own("a"), first.set("a", { bid: 3 })], [a, a]);
    for (const writer of [second, third]) {
      assertThrows(() => writer.own("a"), RoleTakenError, "its row has a writer");
      assertThrows(() => writer.write(a, { bid: 9 }), NotOwnerError, "does not own it");
      assertThrows(() => writer.begin(a), NotOwnerError);
      assertThrows(() => writer.remove("a"), RoleTakenError);
    }
    assertThrows(() => here.remove("b"), RoleTakenError);
    assert(here.get("a", quote));
    assertEquals(quote.bid, 3);
    first.disown("a");
    assertThrows(() => first.write(a, { bid: 9 }), NotOwnerError);
    assertEquals(third.set("a", { bid: 4 }), a);
    third.close();
    assertEquals(second.set("a", { bid: 5 }), a);
    const before = here.changes;
    two.close();
    assertEquals(
      [first.own("a"), first.own("b"), here.changes],
      [a, b, before + 2],
      "taken over, and passed once more",
    );
    assertEquals([first.remove("a"), here.rowOf("a"), here.size], [true, -1, 1]);
    // Many rows, so that what the writer knows of them grows.
    for (let i = 0; i < 99; i++) first.set(`k${i}`, { bid: i });
    for (let i = 0; i < 99; i++) assert(here.get(`k${i}`, quote) && quote.bid === i);
    first.close();
    assertEquals(here.remove("k50"), true);
  });

  it("completes a change that a dead attachment had begun", () => {
    using one = Segment.anonymous({ byteLength: 65_536 });
    const table = one.create("quotes", KeyedTable, { layout: Quote, key: chars(8), capacity: 4 });
    assertEquals([table.add("a"), table.add("b", { timeoutMs: 1000 }), table.remove("a", { timeoutMs: 1000 })], [
      0,
      1,
      true,
    ]);
    assertThrows(() => table.add("c", { timeoutMs: -1 }), RangeError, "timeoutMs");
  });

  it("is read, and not written, where it is attached for reading only; refuses use after a close", () =>
    withName((name) => {
      const segment = Segment.create(name, { byteLength: 65_536 });
      const table = segment.create("quotes", KeyedTable, { layout: Quote, key: chars(8), capacity: 4 });
      const writer = table.writer(), quote = Quote.alloc();
      writer.set("a", { bid: 5 });
      const found = table.find("a")!;
      {
        using reading = Segment.open(name, { readOnly: true });
        const view = reading.open("quotes", KeyedTable, { layout: Quote }), row = view.find("a")!;
        for (let i = 0; i < 20_000; i++) { // compiled, too, it must not write
          assert(view.get("a", quote) && view.rowOf("b") === -1 && row.read(quote) && view.read(0, quote));
        }
        assertEquals([quote.bid, view.add("a"), [...view.keys()], view.size], [5, 0, ["a"], 1]);
        assertEquals(view.changedSince(0, (row) => assertEquals(row, 0)), view.changes);
        for (const use of [() => view.add("b"), () => view.remove("a"), () => view.writer()]) {
          assertThrows(use, ReadOnlyError);
        }
      }
      writer.begin(0);
      const iterator = table.keys();
      segment.close();
      const uses = [
        () => table.get("a", quote),
        () => table.get("b", quote),
        () => table.rowOf("b"),
        () => table.read(0, quote),
        () => table.find("a"),
        () => found.read(quote),
        () => found.isCurrent,
        () => table.keyOf(0),
        () => iterator.next(),
        () => table.size,
        () => table.add("b"),
        () => table.remove("a"),
        () => table.changes,
        () => table.changedSince(0, () => {}),
        () => table.writer(),
        () => writer.write(0, { bid: 1 }),
        () => writer.begin(0),
        () => writer.commit(),
        () => writer.own("b"),
        () => writer.remove("a"),
      ];
      for (const [i, use] of uses.entries()) assertThrows(use, ClosedError, "", `use ${i}`);
      writer.close();
    }));
});

/** Where the rows begin: offsets as in keyed_table/format.ts. */
function rowsOffset({ capacity, key }: Options): number {
  const keys = Math.ceil((640 + slotsFor(capacity) * 4) / 64) * 64;
  return Math.ceil((keys + capacity * keyRecordBytes(key.byteLength)) / 128) * 128;
}
