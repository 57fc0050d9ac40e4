import { parseSchema, valuesOf } from "../../layout/internal.ts";
import type { PartContent, PartDescription, Region } from "../../memory/internal.ts";
import { holdersOf } from "../shared/holders.ts";
import { followRows } from "../shared/record_reading.ts";
import { WRITER_OFFSET } from "./format.ts";
import { LatestTable } from "./latest_table.ts";

/** Describes a {@linkcode LatestTable} to tools. */
export function describeLatestTable(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), table = LatestTable.attach(region, { layout }), into = layout.alloc();
  const contentOf = (row: number): PartContent[] =>
    table.read(row, into) ? [{ row, version: table.version(row), ...valuesOf(layout, into) }] : [];
  return {
    family: "table",
    state() {
      const { rows, versions, changes } = table;
      return {
        facts: { rows, versions, changes },
        holders: holdersOf(region.source.i32, { writer: WRITER_OFFSET / 4 }),
        done: changes,
        doneModulo: 2 ** 32,
        capacity: rows,
      };
    },
    *contents() {
      for (let row = 0; row < table.rows; row++) yield* contentOf(row);
    },
    follow: () => followRows(table, contentOf),
  };
}
