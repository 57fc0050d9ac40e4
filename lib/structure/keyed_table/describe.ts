import { followRows, holdersOf, WRITER_OFFSET } from "../../channel/internal.ts";
import { load } from "../../atomic/mod.ts";
import { parseSchema, valuesOf } from "../../layout/internal.ts";
import type { PartContent, PartDescription, PartHolder, Region } from "../../memory/internal.ts";
import { LOCK_WORD, ownerOf } from "../../sync/internal.ts";
import { MUTEX_OFFSET, NEXT_WORD, OWNER_DELTA, STATE_DELTA, USED } from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { KeyedTable } from "./keyed_table.ts";

/** Describes a {@linkcode KeyedTable} to tools. */
export function describeKeyedTable(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), table = KeyedTable.attach(region, { layout }), into = layout.alloc();
  const { rowsOffset, isShared, keysWord, keyStride, capacity } = readGeometry(region, { layout });
  const { i32 } = region.source;
  const contentOf = (row: number): PartContent[] => {
    const key = table.keyOf(row);
    return key !== undefined && table.read(row, into) ? [{ key, row, ...valuesOf(layout, into) }] : [];
  };
  const holders = (): PartHolder[] => {
    const changer = ownerOf(load(i32, MUTEX_OFFSET / 4 + LOCK_WORD)); // pairs: lock word
    const found: PartHolder[] = changer > 0 ? [{ as: "changes keys", id: changer }] : [];
    if (!isShared) return [...found, ...holdersOf(i32, { writer: (rowsOffset + WRITER_OFFSET) / 4 })];
    const rows = new Map<number, number>();
    for (let row = 0; row < Math.min(load(i32, NEXT_WORD), capacity); row++) {
      const at = keysWord + row * keyStride, id = load(i32, at + OWNER_DELTA);
      if (id > 0 && (load(i32, at + STATE_DELTA) & USED) !== 0) rows.set(id, (rows.get(id) ?? 0) + 1);
    }
    return [...found, ...Array.from(rows, ([id, count]) => ({ as: `writes ${count} rows`, id }))];
  };
  return {
    family: "table",
    state() {
      const { size, changes, writers } = table;
      return {
        facts: { keys: size, capacity, changes, "key type": table.hasTexts ? "text" : "integer", writers },
        holders: holders(),
        done: changes,
        doneModulo: 2 ** 32,
        depth: size,
        capacity,
      };
    },
    *contents() {
      for (const [, row] of table.entries()) yield* contentOf(row);
    },
    follow: () => followRows(table, contentOf),
  };
}
