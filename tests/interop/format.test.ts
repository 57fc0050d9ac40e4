import { assert, assertEquals, assertGreater } from "@std/assert";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const PAGE = new URL("../../docs/format.md", import.meta.url);

/** A table of the page, the rows as cells. */
interface Table {
  readonly source: string;
  readonly line: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables that stand below the name of a source. */
function tablesOf(text: string): Table[] {
  const found: Table[] = [], lines = text.split("\n");
  let source = "";
  for (let i = 0; i < lines.length; i++) {
    source = /^<!-- (lib\/\S+\.ts) -->$/.exec(lines[i])?.[1] ?? (lines[i].startsWith("#") ? "" : source);
    if (!/^\|[ -|]*---/.test(lines[i]) || source === "") continue;
    const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
    const rows: string[][] = [];
    for (let j = i + 1; lines[j]?.startsWith("|"); j++) rows.push(cells(lines[j]));
    found.push({ source, line: i, columns: cells(lines[i - 1]), rows });
  }
  return found;
}

/** What a constant means in bytes, by its name: an offset, a 32-bit word's index, a double's, or nothing of these. */
function bytesOf(name: string, value: number): number {
  if (/(_OFFSET|_DELTA_BYTES)$/.test(name) || name.endsWith("_OFFSET_OFFSET")) return value;
  return /_F64$|_ACQUISITIONS$|_CONTENDED$/.test(name) ? value * 8 : value * 4;
}

const text = readFileSync(PAGE, "utf8"), tables = tablesOf(text);
const sources = [...new Set(tables.map(({ source }) => source))];

describe("docs/format.md", () => {
  it("has tables of sources", () => assertGreater(sources.length, 8));

  for (const source of sources) {
    it(`says what ${source} says, and all of it`, async () => {
      const exports: Record<string, unknown> = await import(new URL(`../../${source}`, import.meta.url).href);
      const told = new Set<string>(), complaints: string[] = [];
      for (const { columns, rows, line } of tables.filter((table) => table.source === source)) {
        let end: number | undefined;
        for (const cells of rows) {
          const cell = (column: string) => cells[columns.indexOf(column)] ?? "",
            name = cell("constant").replaceAll("`", "");
          const value = exports[name], where = `line ${line}: ${cells.join(" | ")}`;
          if (name !== "") told.add(name);
          if (name !== "" && typeof value !== "number") complaints.push(`${where}: no such constant`);
          if (columns[0] === "constant") {
            if (Number(cell("value")) !== (value as number) >>> 0) complaints.push(`${where}: is ${value}`);
            continue;
          }
          const offset = Number(cell("offset")), bytes = Number(cell("bytes"));
          if (Number.isNaN(offset)) continue;
          if (end !== undefined && offset !== end) complaints.push(`${where}: does not follow ${end}`);
          end = Number.isNaN(bytes) ? undefined : offset + bytes;
          if (typeof value === "number" && bytesOf(name, value) !== offset) complaints.push(`${where}: is ${value}`);
        }
      }
      const numbers = Object.entries(exports).filter(([, value]) => typeof value === "number").map(([name]) => name);
      complaints.push(...numbers.filter((name) => !told.has(name)).map((name) => `${name} is not told`));
      assertEquals(complaints, []);
    });
  }

  it("is linked from nowhere that has moved", () => {
    for (const [, path] of text.matchAll(/`((?:lib|interop|tests)\/[\w./]+\.\w+)`/g)) {
      assert(readFileSync(new URL(`../../${path}`, import.meta.url)).length > 0, path);
    }
  });
});
