import { type AnyStruct, valuesOf } from "../../layout/internal.ts";
import { type PartContent, recordCopier, type Region } from "../../memory/internal.ts";

/** Where records lie, one after another, and how to find out whether one was whole. */
export interface RecordPlaces {
  /** The position of the first record, and of the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Where a position's record begins. */
  readonly byteOffsetOf: (position: number) => number;
  /** Whether what was copied from a position was its record: asked after the copy. */
  readonly isWhole: (position: number) => boolean;
}

/**
 * Copies records that others may be writing over, without taking them: those that were not whole are left out.
 *
 * @param layout Of a record.
 * @param region Where they lie.
 */
export function* readRecords(
  layout: AnyStruct,
  region: Region,
  { from, to, byteOffsetOf, isWhole }: RecordPlaces,
): Generator<PartContent, void, undefined> {
  if (from === to) return;
  const source = layout.view(region.source, byteOffsetOf(from), { readOnly: true });
  const into = layout.alloc(), copy = recordCopier(layout);
  for (let position = from; position !== to; position = (position + 1) % 2 ** 32) {
    layout.moveTo(source, byteOffsetOf(position));
    copy(source, into);
    if (isWhole(position)) yield { position, ...valuesOf(layout, into) };
  }
}

/** A table that knows which of its rows changed. */
interface ChangingTable {
  readonly changes: number;
  changedSince(since: number, fn: (row: number) => void): number;
}

/**
 * Follows a table from now on.
 *
 * @param table The table.
 * @param contentOf What is shown of a row.
 * @returns A function that shows the rows that changed since its last call.
 */
export function followRows(table: ChangingTable, contentOf: (row: number) => PartContent[]): () => PartContent[] {
  let seen = table.changes;
  return () => {
    const rows: number[] = [];
    seen = table.changedSince(seen, (row) => rows.push(row));
    return rows.flatMap(contentOf);
  };
}
