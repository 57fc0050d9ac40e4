import { load } from "../../atomic/internal.ts";
// deno-lint-ignore no-unused-vars -- named in comments
import type { LatestTable } from "../../channel/mod.ts";
import type { AnyStruct, ViewOf } from "../../layout/mod.ts";
import { type LayoutTypeFunction, OWN_TYPE, type Region, requireOpen } from "../../memory/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import { COUNT_WORD, NEXT_WORD, USED } from "./format.ts";
import { byteLengthOf, type KeyedTableOptions, layoutOf, readGeometry, rowOptions, writeGeometry } from "./geometry.ts";
import type { TableKey } from "./places.ts";
import { KeyedRow, type RowReader } from "./keyed_row.ts";
import { KeyedTableWriter } from "./keyed_table_writer.ts";
import type { LookupPath } from "./lookup_path.ts";
import { TableParts } from "./table_parts.ts";

/** For the compiler: a table's type as a function of its layout's. */
export interface KeyedTableFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: KeyedTable<Extract<this["layout"], AnyStruct>>;
}

/**
 * The latest value of each of many things that are found by a key, such as quotes by symbol. Any process may add a key,
 * at any time; any number of processes look keys up and read, without waiting, and never see a torn value or that of
 * another key. A key keeps its row until it is removed, so a row's number, or the result of `find`, is valid until
 * then.
 *
 * One attachment at a time writes all rows; or, with `writers: "rows"`, each row has an owner that writes it.
 *
 * Additions and removals take turns, under a mutex that is taken over from an owner that died; the next change
 * completes or undoes one that was left unfinished. A writer that dies at any instruction leaves the last complete
 * value; others may take its role, or its rows.
 *
 * How it works: an index with linear probing (Knuth, vol. 3, 6.4, algorithms L and R), whose slots hold a row's number
 * and a part of the hash, one word each. One store of the row's state, after its key and its slot, shows a key; another
 * one hides it. A removal then moves later entries into its hole, each for a moment in both places, and counts the
 * moves: a search that finds nothing although entries were moved starts again. Values are those of a {@linkcode
 * LatestTable}.
 *
 * @example
 * ```ts
 * import { chars, f64, KeyedTable, Region, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Quote = struct("Quote", { bid: f64, ask: f64 });
 * const options = { layout: Quote, key: chars(16), capacity: 1000 };
 * const region = Region.over(new SharedArrayBuffer(KeyedTable.byteLength(options)));
 * KeyedTable.init(region, options);
 * const quotes = KeyedTable.attach(region, options);
 *
 * const writer = quotes.writer();
 * const row = writer.set("BTC-PERPETUAL", { bid: 100.5, ask: 100.6 }); // adds the key
 * writer.write(row, { bid: 100.55 }); // by number: no search
 *
 * const quote = Quote.alloc();
 * assertEquals(quotes.get("BTC-PERPETUAL", quote), true);
 * assertEquals([quote.bid, quote.ask], [100.55, 100.6]);
 * assertEquals(quotes.get("ETH-PERPETUAL", quote), false);
 * const btc = quotes.find("BTC-PERPETUAL")!; // a hot one
 * assertEquals([btc.read(quote), btc.row, quotes.size, [...quotes.keys()]], [true, row, 1, ["BTC-PERPETUAL"]]);
 * ```
 */
export class KeyedTable<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: KeyedTableFunction;
  /** The name in the catalog. */
  static readonly kind = "KeyedTable";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a row holds. */
  readonly layout: S;
  /** The most keys. */
  readonly capacity: number;
  /** Whether keys are texts; if not, they are integers. */
  readonly hasTexts: boolean;
  /** The most bytes of a text. */
  readonly keyBytes: number;
  /**
   * Who may write: with `"one"`, one attachment writes all rows; with `"rows"`, each row has an owner that writes it.
   */
  readonly writers: "one" | "rows";
  readonly #parts: TableParts<S>;
  readonly #reader: RowReader<S>;
  #path: LookupPath<S> | undefined;

  /**
   * Looks a key up and copies its latest value. Allocates nothing.
   *
   * @param key The key.
   * @param into The target: a view made with the layout's `alloc()`.
   * @returns False if there is no such key, or it was not written since it was added; the content of `into` is then
   * undefined.
   * @throws {TypeError} If keys are of another type.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly get: (key: TableKey, into: ViewOf<S>) => boolean;

  /**
   * Looks a key up. Allocates nothing.
   *
   * @param key The key.
   * @returns The row's number, which stays the same until the key is removed; −1 if there is no such key.
   * @throws {TypeError} If keys are of another type.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly rowOf: (key: TableKey) => number;

  /**
   * Copies the latest value of a row, whatever its key is.
   *
   * @param row Its number.
   * @param into The target: a view made with the layout's `alloc()`.
   * @returns False if it has no key, or was not written since its key was added; the content of `into` is then
   * undefined.
   * @throws {RangeError} If there is no such row.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly read: (row: number, into: ViewOf<S>) => boolean;

  private constructor(layout: S, parts: TableParts<S>) {
    const { capacity, isText, keyBytes, isShared } = parts.geometry;
    this.layout = layout;
    this.capacity = capacity;
    this.hasTexts = isText;
    this.keyBytes = keyBytes;
    this.writers = isShared ? "rows" : "one";
    this.#parts = parts;
    this.#reader = {
      readIf: (row, state, into) => this.#lookup().readIf(row, state, into),
      stateOf: (row) => parts.stateOf(row),
    };
    this.get = (key, into) => this.#lookup().get(key, into);
    this.rowOf = (key) => this.#lookup().rowOf(key);
    this.read = (row, into) => this.#lookup().read(row, into);
  }

  /** The bytes a table takes. */
  static byteLength(options: KeyedTableOptions): number {
    return byteLengthOf(options);
  }

  /** The schema text of a row. */
  static schema(options: Partial<KeyedTableOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a table in zeroed memory; the creator does it once. */
  static init(region: Region, options: KeyedTableOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a table. All options but the layout are read from it and may be left out.
   *
   * @throws {TypeError} If the options have no layout.
   * @throws {SegmentFormatError} If the table's own description contradicts the options or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<KeyedTableOptions<S>> & { readonly layout: S },
  ): KeyedTable<S> {
    const geometry = readGeometry(region, options), { layout, versions } = options;
    const rows = rowOptions({ layout, capacity: geometry.capacity, versions });
    return new KeyedTable(layout, new TableParts<S>(region, geometry, rows));
  }

  /**
   * How many keys there are.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get size(): number {
    requireOpen(this.#parts.region);
    return load(this.#parts.words, COUNT_WORD);
  }

  /**
   * Whether there is a key.
   *
   * @throws {TypeError} If keys are of another type.
   * @throws {ClosedError} If the segment was closed.
   */
  has(key: TableKey): boolean {
    return this.rowOf(key) >= 0;
  }

  /**
   * Looks a key up once, to read it often.
   *
   * @returns The row; undefined if there is no such key.
   * @throws {TypeError} If keys are of another type.
   * @throws {ClosedError} If the segment was closed.
   */
  find(key: TableKey): KeyedRow<S> | undefined {
    const path = this.#lookup(), row = path.rowOf(key);
    return row < 0 ? undefined : new KeyedRow(key, row, path.seen(), this.#reader);
  }

  /**
   * The key of a row.
   *
   * @returns Undefined if it has none.
   * @throws {RangeError} If there is no such row.
   * @throws {ClosedError} If the segment was closed.
   */
  keyOf(row: number): TableKey | undefined {
    requireOpen(this.#parts.region);
    if (row >>> 0 !== row || row >= this.capacity) this.#parts.refuseRow(row);
    return this.#parts.keyOf(row);
  }

  /**
   * The keys, in the order of their rows. One that is added or removed meanwhile may be among them, or not.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  *keys(): Generator<TableKey, void, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  /**
   * The keys with their rows, in the order of the rows. One that is added or removed meanwhile may be among them, or
   * not.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  *entries(): Generator<[key: TableKey, row: number], void, undefined> {
    const { words } = this.#parts;
    requireOpen(this.#parts.region);
    for (let row = 0; row < Math.min(load(words, NEXT_WORD), this.capacity); row++) {
      const key = this.keyOf(row);
      if (key !== undefined) yield [key, row];
    }
  }

  /**
   * Adds a key, unless it is there. Waits while another process adds or removes one; finding a key that is there takes
   * no wait.
   *
   * @returns Its row.
   * @throws {CapacityError} If there is no room for it.
   * @throws {RangeError} If it cannot be a key: too long, containing NUL, or negative.
   * @throws {TypeError} If keys are of another type.
   * @throws {ReadOnlyError} On a read-only attachment, if it is not there.
   * @throws {ClosedError} If the segment was closed.
   */
  add(key: TableKey): number;
  /** The same with a limit: undefined if the time ran out. */
  add(key: TableKey, options: WaitOptions): number | undefined;
  add(key: TableKey, options?: WaitOptions): number | undefined {
    const row = this.rowOf(key);
    return row >= 0 ? row : this.#parts.changes.add(key, options);
  }

  /**
   * Removes a key. No living attachment may be able to write its row: a writer removes keys by its own method. The row
   * may be used for another key, which never shows the old value.
   *
   * @returns Whether it was there.
   * @throws {RoleTakenError} If the table's writer, or the row's owner, is alive.
   * @throws {TypeError} If keys are of another type.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  remove(key: TableKey): boolean;
  /** The same with a limit: undefined if the time ran out. */
  remove(key: TableKey, options: WaitOptions): boolean | undefined;
  remove(key: TableKey, options?: WaitOptions): boolean | undefined {
    const { changes, geometry } = this.#parts;
    if (geometry.isShared) return changes.remove(key, () => false, options);
    const role = this.#parts.writerRole();
    role.acquire();
    try {
      return changes.remove(key, () => true, options);
    } finally {
      role.release();
    }
  }

  /** As {@linkcode LatestTable.changes}. */
  get changes(): number {
    requireOpen(this.#parts.region);
    return this.#parts.log.count;
  }

  /**
   * As {@linkcode LatestTable.changedSince}. Rows without a key are left out; `keyOf` returns the key of a row.
   */
  changedSince(since: number, fn: (row: number) => void): number {
    const parts = this.#parts, { log, rows } = parts;
    requireOpen(parts.region);
    const visit = (row: number): void => {
      if (row < this.capacity && (parts.stateOf(row) & USED) !== 0) fn(row);
    };
    if (!parts.geometry.isShared || since >>> 0 !== since) return rows.changedSince(since, visit); // or refuses
    const now = log.count;
    if (!log.visit(since, now, visit)) {
      for (let row = 0; row < this.capacity; row++) if (parts.wasWritten(row)) visit(row);
    }
    return now;
  }

  /**
   * Becomes the table's writer, also in place of one that died; or, where rows have writers, a writer that can take
   * rows. `close()` or `using` releases what it holds.
   *
   * @throws {RoleTakenError} If there is a live writer of the table, in whichever process.
   * @throws {ReadOnlyError} On a read-only attachment.
   * @throws {ClosedError} If the segment was closed.
   */
  writer(): KeyedTableWriter<S> {
    return new KeyedTableWriter(this.layout, this.#parts, this.rowOf);
  }

  /** From the first lookup on, the methods are the lookups themselves. */
  #lookup(): LookupPath<S> {
    if (this.#path !== undefined) return this.#path;
    const path = this.#path = this.#parts.lookup;
    const methods = this as Pick<LookupPath<S>, "get" | "rowOf" | "read">;
    methods.get = path.get;
    methods.rowOf = path.rowOf;
    methods.read = path.read;
    return path;
  }
}
