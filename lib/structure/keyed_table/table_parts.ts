import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import { load, specialize, wordAccess } from "../../atomic/internal.ts";
import {
  LatestTable,
  type LatestTableOptions,
  placesOf,
  readGeometry as readRows,
  type TableGeometry,
  WRITER_OFFSET,
} from "../../channel/internal.ts";
import type { AnyStruct } from "../../layout/mod.ts";
import { refuseClosed, type Region, requireOpen, Role } from "../../memory/internal.ts";
import { BASE_DELTA, FINISH, KEY_DELTA, MIX, MOVES_WORD, STATE_DELTA, USED } from "./format.ts";
import { rowsRegion } from "./geometry.ts";
import { keyAt, type KeyedGeometry, type TableKey } from "./places.ts";
import { KeyChanges } from "./key_changes.ts";
import { KeyTexts } from "./key_texts.ts";
import { type LookupPath, makeLookupPath } from "./lookup_path.ts";
import { RowChanges } from "./row_changes.ts";

/** The parts of an attachment to a table: where its keys and rows lie, and the objects that find and change them. */
export class TableParts<S extends AnyStruct> {
  readonly region: Region;
  readonly words: Int32Array;
  readonly geometry: KeyedGeometry;
  readonly rowsRegion: Region;
  readonly rows: LatestTable<S>;
  readonly rowsGeometry: TableGeometry;
  readonly log: RowChanges;
  readonly #texts: KeyTexts;
  #lookup: LookupPath<S> | undefined;
  #changes: KeyChanges | undefined;

  constructor(region: Region, geometry: KeyedGeometry, options: LatestTableOptions<S>) {
    const rows = rowsRegion(region, geometry.rowsOffset);
    this.region = region;
    this.words = region.source.i32;
    this.geometry = geometry;
    this.rowsRegion = rows;
    this.rows = LatestTable.attach(rows, options) as LatestTable<S>;
    this.rowsGeometry = readRows(rows, options);
    this.log = new RowChanges(rows.source.i32, placesOf(this.rowsGeometry));
    this.#texts = new KeyTexts(geometry.isText, geometry.keyBytes, geometry.keyWords);
  }

  /** The lookups, made at first use: that takes a hundred times as long as attaching. */
  get lookup(): LookupPath<S> {
    return this.#lookup ??= this.#makeLookup();
  }

  /** The object that adds and removes keys. Throws on a read-only attachment. */
  get changes(): KeyChanges {
    requireOpen(this.region);
    const { region, geometry, rows } = this;
    return this.#changes ??= new KeyChanges(region, geometry, this.lookup, this.#texts, (row) => rows.version(row));
  }

  /** The role of the one writer of all rows. */
  writerRole(): Role {
    return new Role(`the writer of ${this.rowsRegion.name}`, this.rowsRegion, WRITER_OFFSET / 4);
  }

  /** The state of a row's key. */
  stateOf(row: number): number {
    return load(this.words, keyAt(this.geometry, row) + STATE_DELTA) ?? refuseClosed(this.region); // pairs: key state
  }

  /** The key of a row; undefined if it has none. */
  keyOf(row: number): TableKey | undefined {
    const at = keyAt(this.geometry, row);
    while (true) {
      const state = this.stateOf(row);
      if ((state & USED) === 0) return undefined;
      this.#texts.copyFrom(this.words, at + KEY_DELTA);
      if (this.stateOf(row) === state) return this.#texts.decode();
    }
  }

  /** Whether a row was written since its key was added. */
  wasWritten(row: number): boolean {
    const at = keyAt(this.geometry, row) + BASE_DELTA;
    const high = load(this.words, at + 1) >>> 0, low = load(this.words, at) >>> 0;
    return this.rows.version(row) !== high * 2 ** 32 + low;
  }

  /** Throws, as there is no such row. */
  refuseRow(row: unknown): never {
    throw new RangeError(
      `Cannot use a row of keyed table ${this.region.name} as its number must be an integer from 0 to ${
        this.geometry.capacity - 1
      }: received ${row}`,
    );
  }

  #makeLookup(): LookupPath<S> {
    const { firstWord, rowWords } = placesOf(this.rowsGeometry), texts = this.#texts;
    return specialize(makeLookupPath<S>)({
      words: wordAccess(this.words),
      geometry: this.geometry,
      movesWord: MOVES_WORD,
      baseDelta: BASE_DELTA,
      keyDelta: KEY_DELTA,
      versionWord: this.geometry.rowsOffset / 4 + firstWord,
      rowWords,
      mix: MIX,
      finish: FINISH,
      scratch: texts.scratch,
      encodeText: (key) => texts.encode(key),
      isOrdered: hasTotalStoreOrder(),
      rows: this.rows,
      wasWritten: (row) => this.wasWritten(row),
      refuseKey: (key) => this.#refuseKey(key),
      refuseRow: (row) => this.refuseRow(row),
      refuseUse: () => refuseClosed(this.region),
    });
  }

  #refuseKey(key: unknown): never {
    throw new TypeError(
      `Cannot look up a key of keyed table ${this.region.name} as it must be ${
        this.geometry.isText ? "a string" : "a number"
      }: received ${typeof key}`,
    );
  }
}
