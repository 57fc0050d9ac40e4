import { LatestTable, type LatestTableOptions } from "../../channel/mod.ts";
import type { AnyStruct, Field } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import { alignUp, HeaderCheck, partOf, type Region, requireInteger, requireWord } from "../../memory/internal.ts";
import {
  CAPACITY_WORD,
  HEADER_BYTES,
  INTEGER,
  KEY_BYTES_WORD,
  keyRecordBytes,
  KIND_WORD,
  ROWS_OFFSET_WORD,
  SLOTS_WORD,
  slotsFor,
  TEXT,
  WRITERS_WORD,
} from "./format.ts";
import type { KeyedGeometry } from "./places.ts";

/** How a {@linkcode KeyedTable} is made. */
export interface KeyedTableOptions<S extends AnyStruct = AnyStruct> {
  /** What a row holds. */
  readonly layout: S;
  /** The type of the keys: `chars(n)`, a text of at most n bytes in UTF-8 (1 to 256); or `u53`, an integer. */
  readonly key: Field<string, string, true> | Field<number, number, true>;
  /** The most keys, 1 or more. */
  readonly capacity: number;
  /** How many versions of a row are kept, as in a `LatestTable`: 2, 4, 8 … 256. Defaults to 2. */
  readonly versions?: number;
  /**
   * Who may write: with `"one"`, one attachment writes all rows; with `"rows"`, each row has an owner that writes it.
   * Defaults to `"one"`.
   */
  readonly writers?: "one" | "rows";
}

const MAX_CAPACITY = 2 ** 26, MAX_KEY_BYTES = 256;

/** The layout in the options of a table; those of a program without types may lack it. */
export function layoutOf(options: Partial<KeyedTableOptions> | undefined): AnyStruct {
  return requireLayout("a KeyedTable", options);
}

/** Where the parts of a table of these options lie. */
export function geometryOf(options: KeyedTableOptions): KeyedGeometry {
  const layout = layoutOf(options), { capacity, key, writers = "one" } = options;
  const doing = `make a keyed table of ${layout.name}`;
  requireInteger(doing, "capacity", capacity, 1, MAX_CAPACITY);
  const isText = key?.kind === "chars", keyBytes = key?.byteLength;
  if (!isText && key?.kind !== "u53") {
    throw new TypeError(`Cannot ${doing} as key must be chars(n) or u53: received ${key?.schema ?? String(key)}`);
  }
  if (keyBytes > MAX_KEY_BYTES) {
    throw new RangeError(`Cannot ${doing} as key must be chars(1) to chars(${MAX_KEY_BYTES}): received ${key.schema}`);
  }
  requireWord(doing, "writers", writers, ["one", "rows"]);
  return geometryFrom(capacity, isText, keyBytes, writers === "rows");
}

function geometryFrom(capacity: number, isText: boolean, keyBytes: number, isShared: boolean): KeyedGeometry {
  const slots = slotsFor(capacity), keysOffset = alignUp(HEADER_BYTES + slots * 4, 64);
  return {
    capacity,
    slotMask: slots - 1,
    isText,
    keyBytes,
    keyWords: alignUp(keyBytes, 4) / 4,
    indexWord: HEADER_BYTES / 4,
    keysWord: keysOffset / 4,
    keyStride: keyRecordBytes(keyBytes) / 4,
    rowsOffset: alignUp(keysOffset + capacity * keyRecordBytes(keyBytes), 128),
    isShared,
  };
}

/** How the rows of a table are made. */
export function rowOptions<S extends AnyStruct>(
  { layout, capacity, versions }: Pick<KeyedTableOptions<S>, "layout" | "capacity" | "versions">,
): LatestTableOptions<S> {
  return { layout, rows: capacity, versions };
}

/** The bytes of a table of these options. */
export function byteLengthOf(options: KeyedTableOptions): number {
  const { rowsOffset } = geometryOf(options), byteLength = rowsOffset + LatestTable.byteLength(rowOptions(options));
  if (byteLength < 2 ** 32) return byteLength;
  throw new RangeError(
    `Cannot make a keyed table of ${options.layout.name} as its size must be less than 4 GiB: ` +
      `received ${options.capacity} keys, ${byteLength} bytes`,
  );
}

/** The part of a table's region in which the rows lie. */
export function rowsRegion(region: Region, rowsOffset: number): Region {
  return partOf(region, "the rows", rowsOffset);
}

/** Writes where the parts lie into zeroed memory. */
export function writeGeometry(region: Region, options: KeyedTableOptions): void {
  const { capacity, slotMask, isText, keyBytes, isShared, rowsOffset } = geometryOf(options);
  const { u32 } = region.views;
  u32[CAPACITY_WORD] = capacity;
  u32[SLOTS_WORD] = slotMask + 1;
  u32[KIND_WORD] = isText ? TEXT : INTEGER;
  u32[KEY_BYTES_WORD] = keyBytes;
  u32[WRITERS_WORD] = isShared ? 1 : 0;
  u32[ROWS_OFFSET_WORD] = rowsOffset;
  LatestTable.init(rowsRegion(region, rowsOffset), rowOptions(options));
}

/** Reads where the parts lie, and refuses a header that contradicts itself, the region or the caller's options. */
export function readGeometry(region: Region, options: Partial<KeyedTableOptions>): KeyedGeometry {
  layoutOf(options);
  const header = new HeaderCheck("keyed table", region, HEADER_BYTES), { u32 } = region.source;
  const capacity = u32[CAPACITY_WORD], kind = u32[KIND_WORD], keyBytes = u32[KEY_BYTES_WORD];
  if (capacity < 1 || capacity > MAX_CAPACITY) header.refuse("its capacity", `1 to ${MAX_CAPACITY}`, capacity);
  if (kind !== TEXT && kind !== INTEGER) header.refuse("the kind of its keys", "1 or 2", kind);
  const mostBytes = kind === TEXT ? MAX_KEY_BYTES : 8;
  if (keyBytes < (kind === TEXT ? 1 : 8) || keyBytes > mostBytes) {
    header.refuse("its key's length", kind === TEXT ? `1 to ${MAX_KEY_BYTES}` : "8", keyBytes);
  }
  header.requireAtMost("its mark of writers of rows", 1, u32[WRITERS_WORD]);
  const geometry = geometryFrom(capacity, kind === TEXT, keyBytes, u32[WRITERS_WORD] === 1);
  header.require("its slots", geometry.slotMask + 1, u32[SLOTS_WORD]);
  header.require("where its rows begin", geometry.rowsOffset, u32[ROWS_OFFSET_WORD]);
  header.requireLength(geometry.rowsOffset, `for ${capacity} keys`);
  header.requireOption("capacity", capacity, options.capacity);
  header.requireOption("key", kind === TEXT ? `chars(${keyBytes})` : "u53", options.key?.schema);
  header.requireOption("writers", geometry.isShared ? "rows" : "one", options.writers);
  return geometry;
}
