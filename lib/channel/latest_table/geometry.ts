import type { AnyStruct } from "../../layout/mod.ts";
import { requireLayout } from "../../layout/internal.ts";
import { HeaderCheck, type Region, requireInteger } from "../../memory/internal.ts";
import {
  CHANGED_EVENT_OFFSET,
  CHANGES_OFFSET,
  RECORD_BYTES_OFFSET,
  ROW_BYTES_OFFSET,
  ROW_HEADER_BYTES,
  rowBytes,
  ROWS_OFFSET,
  SLOT_HEADER_BYTES,
  slotBytes,
  TABLE_HEADER_BYTES,
  VERSIONS_OFFSET,
} from "./format.ts";

/** How a {@linkcode LatestTable} is made. */
export interface LatestTableOptions<S extends AnyStruct = AnyStruct> {
  /** What a row holds. */
  readonly layout: S;
  /** How many rows: 1 or more. */
  readonly rows: number;
  /**
   * How many versions of a row are kept: 2 (the default), 4, 8 … 256. A reader starts again if the writer publishes
   * `versions − 1` newer ones of the row while it copies: more of them serve rows that are written without a pause.
   */
  readonly versions?: number;
}

/** What a table's parts share: where its rows lie, and in how many versions. */
export interface TableGeometry {
  /** How many rows. */
  readonly rows: number;
  /** Versions of a row, less one; versions are a power of two. */
  readonly versionMask: number;
  /** Bytes of one version of a row. */
  readonly slotBytes: number;
  /** Bytes from one row to the next. */
  readonly rowBytes: number;
  /** Where the log of changes begins. */
  readonly logOffset: number;
  /** Entries of the log, less one: a power of two. */
  readonly logMask: number;
}

/**
 * Where the words of a table lie, for its hot paths. Their indices are less than 2^30, so that 32-bit integers suffice.
 */
export interface TablePlaces {
  readonly rows: number;
  readonly versionMask: number;
  /** The version word of row 0. */
  readonly firstWord: number;
  readonly rowWords: number;
  /** From a row's version word to its first slot. */
  readonly slotsDelta: number;
  readonly slotWords: number;
  /** From a slot to its record, in bytes. */
  readonly recordDelta: number;
  readonly changesWord: number;
  readonly changedEventWord: number;
  readonly logWord: number;
  readonly logMask: number;
}

/** Where the words of a table lie. */
export function placesOf({ rows, versionMask, rowBytes, slotBytes, logOffset, logMask }: TableGeometry): TablePlaces {
  return {
    rows,
    versionMask,
    firstWord: TABLE_HEADER_BYTES / 4,
    rowWords: rowBytes / 4,
    slotsDelta: ROW_HEADER_BYTES / 4,
    slotWords: slotBytes / 4,
    recordDelta: SLOT_HEADER_BYTES,
    changesWord: CHANGES_OFFSET / 4,
    changedEventWord: CHANGED_EVENT_OFFSET / 4,
    logWord: logOffset / 4,
    logMask,
  };
}

/** Refuses a row that does not exist. */
export function refuseRow(row: unknown, rows: number): never {
  throw new RangeError(
    `Cannot use a row of a table as its index must be an integer from 0 to ${rows - 1}: received ${row}`,
  );
}

/** Refuses to commit, as no row was begun. */
export function refuseCommit(): never {
  throw new TypeError("Cannot commit as no row was begun; call begin(row) first");
}

/** The layout in the options of a table; those of a program without types may lack it. */
export function layoutOf(options: Partial<LatestTableOptions> | undefined): AnyStruct {
  return requireLayout("a LatestTable", options);
}

/** Where the rows of a table of these options lie. */
export function geometryOf(options: LatestTableOptions): TableGeometry {
  const layout = layoutOf(options), { rows, versions = 2 } = options;
  const doing = `make a table of ${layout.name}`;
  requireInteger(doing, "rows", rows, 1, 2 ** 31);
  // A power of two, so that slots still follow each other when the 32-bit version wraps.
  const isPower = Number.isInteger(versions) && versions >= 2 && versions <= 256 && (versions & (versions - 1)) === 0;
  if (!isPower) throw new RangeError(`Cannot ${doing} as versions must be 2, 4, 8 … or 256: received ${versions}`);
  const bytes = rowBytes(layout.byteLength, versions);
  const geometry: TableGeometry = {
    rows,
    versionMask: versions - 1,
    slotBytes: slotBytes(layout.byteLength),
    rowBytes: bytes,
    logOffset: TABLE_HEADER_BYTES + rows * bytes,
    logMask: Math.max(2, 2 ** Math.ceil(Math.log2(rows))) - 1,
  };
  const byteLength = byteLengthOf(geometry), most = mostBytes(layout);
  if (byteLength <= most) return geometry;
  throw new RangeError(
    `Cannot ${doing} as its size must be at most ${most} bytes: received ${rows} rows, ${byteLength} bytes`,
  );
}

/**
 * What a region with a table may take: after it, below 2^32, there must be a place for a writer's view that shows
 * nothing.
 */
function mostBytes(layout: AnyStruct): number {
  return Math.floor((2 ** 32 - layout.byteLength) / 8) * 8;
}

/** The bytes of a table. */
export function byteLengthOf({ logOffset, logMask }: TableGeometry): number {
  return logOffset + (logMask + 1) * 4;
}

/** Writes where the rows lie into zeroed memory. */
export function writeGeometry(region: Region, options: LatestTableOptions): void {
  const { rows, versionMask, rowBytes } = geometryOf(options);
  const { u32 } = region.views;
  u32[ROWS_OFFSET / 4] = rows;
  u32[VERSIONS_OFFSET / 4] = versionMask + 1;
  u32[ROW_BYTES_OFFSET / 4] = rowBytes;
  u32[RECORD_BYTES_OFFSET / 4] = options.layout.byteLength;
}

/** Reads where the rows lie, and refuses what contradicts the layout, the region or what the caller expects. */
export function readGeometry(
  region: Region,
  options: Partial<LatestTableOptions> & { readonly layout: AnyStruct },
): TableGeometry {
  const layout = layoutOf(options), header = new HeaderCheck("table", region, TABLE_HEADER_BYTES);
  header.requireAtMost("its length", mostBytes(layout), region.byteLength);
  const { u32 } = region.source, found = { layout, rows: u32[ROWS_OFFSET / 4], versions: u32[VERSIONS_OFFSET / 4] };
  const geometry = header.geometry(() => geometryOf(found));
  header.require("its record's length", layout.byteLength, u32[RECORD_BYTES_OFFSET / 4]);
  header.require("its row's length", geometry.rowBytes, u32[ROW_BYTES_OFFSET / 4]);
  header.requireLength(byteLengthOf(geometry), `for ${found.rows} rows`);
  header.requireOptions(found, options);
  return geometry;
}
