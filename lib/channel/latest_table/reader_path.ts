import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, BoundRecord, ViewOf } from "../../layout/internal.ts";
import type { TablePlaces } from "./geometry.ts";

/** What reading a table needs. */
export interface ReaderPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  readonly places: TablePlaces;
  /** Whether the processor keeps loads in order. */
  readonly isOrdered: boolean;
  /** Moves over the slots. */
  readonly moveTo: BoundRecord<S>["moveTo"];
  /** Copies what another process may be writing. */
  readonly copyTo: (into: ViewOf<S>) => void;
  /** Reads a row that seems empty, whose copy failed, or whose segment was closed. */
  readonly readAgain: (row: number, into: ViewOf<S>) => boolean;
  /** Refuses a row that does not exist. */
  readonly refuseRow: (row: number, rows: number) => never;
}

/** Makes `LatestTable.read`. */
export function makeReaderPath<S extends AnyStruct>(
  ports: ReaderPorts<S>,
): (row: number, into: ViewOf<S>) => boolean {
  const { words: { load, peek }, isOrdered, moveTo, copyTo, readAgain, refuseRow } = ports;
  const { rows, versionMask, firstWord, rowWords, slotsDelta, slotWords, recordDelta } = ports.places;
  return (row, into) => {
    if (row >>> 0 !== row || row >= rows) refuseRow(row, rows);
    const at = firstWord + row * rowWords;
    // Where loads keep their order the first one is plain: if it is stale, the load after the copy shows it, and the
    // slow path starts with a load. Elsewhere a plain load may be made after the copy, of an older version, and find a
    // newer one.
    const version = isOrdered ? peek(at) : load(at);
    if (!version) return readAgain(row, into); // undefined in a closed segment
    moveTo((at + slotsDelta + (version & versionMask) * slotWords) * 4 + recordDelta);
    copyTo(into);
    // pairs: table version. The copy is of this version if its slot was not taken for a newer one meanwhile.
    return ((load(at) - version) >>> 0) < versionMask || readAgain(row, into);
  };
}
