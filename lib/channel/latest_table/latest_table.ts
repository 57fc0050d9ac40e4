import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, pause, specialize, wordAccess } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord, type ViewOf } from "../../layout/internal.ts";
import {
  type CopyRecord,
  type LayoutTypeFunction,
  OWN_TYPE,
  recordCopier,
  recordCopies,
  type Region,
  requireOpen,
  Role,
} from "../../memory/internal.ts";
import { ChangeLog } from "./change_log.ts";
import { changedRowsOf, type ChangedRowsOptions } from "./changed_rows.ts";
import { ROW_HEADER_BYTES, SLOT_HEADER_BYTES, TABLE_HEADER_BYTES, WRITER_OFFSET } from "./format.ts";
import {
  byteLengthOf,
  geometryOf,
  type LatestTableOptions,
  layoutOf,
  placesOf,
  readGeometry,
  refuseRow,
  type TableGeometry,
  type TablePlaces,
  writeGeometry,
} from "./geometry.ts";
import { LatestTableWriter } from "./latest_table_writer.ts";
import { makeReaderPath } from "./reader_path.ts";

const FIRST_RECORD_OFFSET = TABLE_HEADER_BYTES + ROW_HEADER_BYTES + SLOT_HEADER_BYTES;

/** For the compiler: a table's type as a function of its layout's. */
export interface LatestTableFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: LatestTable<Extract<this["layout"], AnyStruct>>;
}

/**
 * The latest value of each of many rows, such as quotes by instrument. One writer at a time; any number of readers, in
 * any processes. Reading never blocks the writer and is never blocked by it; a reader starts again only if the row
 * moved on by `versions − 1` while it copied. A value that is overwritten before it is read is gone: that is the
 * purpose. A reader is never shown a torn record. A writer that dies at any instruction leaves the last complete
 * value, and its role to the next one.
 *
 * How it works: version v of a row lies in slot v mod `versions`; one store of the version publishes it. A copy is good
 * if its slot was not taken for a newer version meanwhile. Sources: H. Boehm, "Can Seqlocks Get Along with Programming
 * Language Memory Models?" (2012); the slots are Lamport's and Vyukov's multi-versioned variant of it.
 *
 * @example
 * ```ts
 * import { f64, LatestTable, Region, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Quote = struct("Quote", { bid: f64, ask: f64 });
 * const options = { layout: Quote, rows: 8 };
 * const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(options)));
 * LatestTable.init(region, options);
 * const quotes = LatestTable.attach(region, options);
 *
 * const writer = quotes.writer();
 * writer.write(3, { bid: 100.5, ask: 100.6 });
 * const quote = Quote.alloc();
 * assertEquals(quotes.read(3, quote), true);
 * assertEquals(quote.bid, 100.5);
 * assertEquals(quotes.read(4, quote), false); // never written
 * ```
 */
export class LatestTable<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: LatestTableFunction;
  /** The name in the catalog. */
  static readonly kind = "LatestTable";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a row holds. */
  readonly layout: S;
  /** How many rows there are. */
  readonly rows: number;
  /** How many versions of each row are kept. */
  readonly versions: number;
  readonly #region: Region;
  readonly #writerRole: Role;
  readonly #words: Int32Array;
  readonly #geometry: TableGeometry;
  readonly #places: TablePlaces;
  readonly #copyRecord: CopyRecord<S>;
  readonly #changes: ChangeLog;
  /** Moves over the slots. */
  readonly #slot: ViewOf<S>;

  /**
   * Copies the latest value of a row.
   *
   * @param row Index of the row.
   * @param into Where to: a view made with the layout's `alloc()`.
   * @returns False if the row was never written; `into` is then left as it was.
   * @throws {RangeError} If there is no such row.
   * @throws {ClosedError} If the segment was closed.
   */
  readonly read: (row: number, into: ViewOf<S>) => boolean;

  private constructor(region: Region, layout: S, geometry: TableGeometry) {
    this.layout = layout;
    this.rows = geometry.rows;
    this.versions = geometry.versionMask + 1;
    this.#region = region;
    this.#writerRole = new Role(`the writer of ${region.name}`, region, WRITER_OFFSET / 4);
    this.#words = region.source.i32;
    this.#geometry = geometry;
    this.#places = placesOf(geometry);
    this.#copyRecord = recordCopier(layout);
    this.#changes = new ChangeLog(this.#words, geometry);
    this.#slot = layout.view(region.source, FIRST_RECORD_OFFSET, { readOnly: true }) as ViewOf<S>;
    this.read = (row, into) => this.#makeRead()(row, into);
  }

  /** Makes `read` at its first call: it takes a hundred times as long as attaching does. */
  #makeRead(): (row: number, into: ViewOf<S>) => boolean {
    const bound = bindRecord(this.layout, this.#region.source, FIRST_RECORD_OFFSET, { copies: ["copyTo"] });
    const read = specialize(makeReaderPath<S>)({
      words: wordAccess(this.#words),
      places: this.#places,
      isOrdered: hasTotalStoreOrder(),
      moveTo: bound.moveTo,
      copyTo: recordCopies(this.layout, bound).copyTo,
      readAgain: (row, into) => this.#readAgain(row, into),
      refuseRow,
    });
    (this as { read: LatestTable<S>["read"] }).read = read;
    return read;
  }

  /** The bytes a table takes. */
  static byteLength(options: LatestTableOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** The schema text of a row. */
  static schema(options: Partial<LatestTableOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a table in zeroed memory; the creator does it once. */
  static init(region: Region, options: LatestTableOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a table. `rows` and `versions` are read from it and may be left out.
   *
   * @throws {TypeError} If the options have no layout.
   * @throws {SegmentFormatError} If the table's own description contradicts the layout or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<LatestTableOptions<S>> & { readonly layout: S },
  ): LatestTable<S> {
    const geometry = readGeometry(region, options);
    return new LatestTable(region, options.layout, geometry);
  }

  /**
   * How often a row was written: 0 if never. Exact beyond 2^32, too.
   *
   * @throws {RangeError} If there is no such row.
   * @throws {ClosedError} If the segment was closed.
   */
  version(row: number): number {
    const at = this.#wordOf(row);
    requireOpen(this.#region);
    while (true) {
      const low = load(this.#words, at); // pairs: table version
      const high = this.#words[this.#slotWord(at, low) + 1];
      if (((load(this.#words, at) - low) >>> 0) < this.#places.versionMask) return (high >>> 0) * 2 ** 32 + (low >>> 0);
      pause();
    }
  }

  /**
   * How many changes there were to all rows together, modulo 2^32: a place from which `changedSince` can continue.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get changes(): number {
    requireOpen(this.#region);
    return this.#changes.count;
  }

  /**
   * Finds the rows that were written, without visiting the others: each of them once, however often it was written. Its
   * cost grows with the number of changes; where there were more changes than rows, it visits all rows instead, and
   * reports those that were ever written. Every changed row is reported. A row may also be reported without a change if
   * its writer died.
   *
   * @param since What the last call returned; or 0, which reports all rows that were ever written if the table is new.
   * @param fn Receives a row's index. Read the row then: it may have changed again, and is then reported again the next
   * time.
   * @returns What to pass the next time, before there are 2^32 more changes.
   * @throws {RangeError} If `since` is not a count of changes.
   * @throws {ClosedError} If the segment was closed.
   *
   * @example
   * ```ts
   * import { f64, LatestTable, Region, struct } from "@shmkit/shmkit";
   * import { assertEquals } from "@std/assert";
   *
   * const options = { layout: struct("Quote", { bid: f64 }), rows: 1000 };
   * const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(options)));
   * LatestTable.init(region, options);
   * const quotes = LatestTable.attach(region, options), writer = quotes.writer();
   * for (const row of [7, 3, 7]) writer.write(row, { bid: row });
   *
   * const rows: number[] = [];
   * let seen = quotes.changedSince(0, (row) => rows.push(row));
   * assertEquals(rows, [7, 3]);
   * writer.write(5, { bid: 5 });
   * seen = quotes.changedSince(seen, (row) => rows.push(row));
   * assertEquals(rows, [7, 3, 5]);
   * ```
   */
  changedSince(since: number, fn: (row: number) => void): number {
    requireOpen(this.#region);
    return this.#changes.visit(since, fn);
  }

  /**
   * The rows as they change, for `for await`: as `changedSince` finds them, each once for all its changes until the
   * loop comes to it. Waits in the event loop, woken by the writer; where this attachment only reads, it checks every
   * two milliseconds.
   *
   * @param options `from`: the count of changes from which to begin, 0 for all rows that were ever written. Defaults to
   * now. `timeoutMs`: the loop ends if nothing changes for that long. `signal`: the loop throws the signal's reason.
   * @throws {RangeError} If `from` is not a count of changes; the loop throws it.
   * @throws {ClosedError} If the segment was closed.
   */
  changedRows({ from = this.changes, ...options }: ChangedRowsOptions = {}): AsyncIterableIterator<number, undefined> {
    return changedRowsOf(this.#region, from, (since, fn) => this.changedSince(since, fn), options);
  }

  /**
   * Becomes the table's writer. Release the role with `close()` or `using`; from a dead writer it is taken over.
   *
   * @throws {RoleTakenError} If there is a live writer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  writer(): LatestTableWriter<S> {
    requireOpen(this.#region);
    return this.#writerRole.acquireFor((isHeir) =>
      new LatestTableWriter(this.layout, this.#region, this.#writerRole, this.#geometry, isHeir)
    );
  }

  /** The first copy failed, the row seemed empty, or the segment is closed: reads with atomic accesses only. */
  #readAgain(row: number, into: ViewOf<S>): boolean {
    const at = this.#wordOf(row);
    requireOpen(this.#region);
    while (true) {
      const version = load(this.#words, at); // pairs: table version
      if (version === 0 && this.version(row) === 0) return false;
      this.layout.moveTo(this.#slot, this.#slotWord(at, version) * 4 + SLOT_HEADER_BYTES);
      this.#copyRecord(this.#slot, into);
      if (((load(this.#words, at) - version) >>> 0) < this.#places.versionMask) return true;
      pause();
    }
  }

  /** The first word of the slot in which a version lies. */
  #slotWord(at: number, version: number): number {
    const { slotsDelta, versionMask, slotWords } = this.#places;
    return at + slotsDelta + (version & versionMask) * slotWords;
  }

  /** The version word of a row. */
  #wordOf(row: number): number {
    if (row >>> 0 !== row || row >= this.rows) refuseRow(row, this.rows);
    return this.#places.firstWord + row * this.#places.rowWords;
  }
}
