import { assert, assertEquals, assertGreater } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { chars, HistogramReading, KeyedTable, Region, struct, u32, u53 } from "../../mod.ts";

const ROOT = new URL("../../", import.meta.url), PAGE = new URL("docs/format.md", ROOT);

/** A table of the page. */
interface Table {
  readonly source: string;
  readonly line: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables below the name of a source. */
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

/** Where a constant says that a field begins, in bytes: its name says whether it counts bytes, words or doubles. */
function bytesOf(name: string, value: number): number {
  if (/(_OFFSET|_DELTA_BYTES)$/.test(name) || name.endsWith("_OFFSET_OFFSET")) return value;
  return /_F64$|_ACQUISITIONS$|_CONTENDED$|^DOUBLES_/.test(name) ? value * 8 : value * 4;
}

/** The numbers that a source exports or, if it exports none, its private ones. */
async function constantsOf(source: string): Promise<Record<string, number>> {
  const url = new URL(source, ROOT), exported = numbersOf(await import(url.href));
  if (Object.keys(exported).length > 0) return exported;
  const code = readFileSync(url, "utf8"), known: Record<string, number> = {}, own: Record<string, number> = {};
  for (const [, names, path] of code.matchAll(/^import \{([^}]*)\} from "(\.[^"]+)";$/gm)) {
    const numbers = numbersOf(await import(new URL(path, url).href));
    for (const name of names.split(",").map((name) => name.trim())) {
      if (name in numbers) known[name] = numbers[name];
    }
  }
  for (
    const [, name, of, more = "0"] of code.matchAll(/^const ([A-Z][A-Z_\d]*)(?:: number)? = (\w+)(?: \+ (\d+))?;$/gm)
  ) {
    own[name] = (known[of] ?? own[of] ?? Number(of)) + Number(more);
  }
  return own;
}

function numbersOf(module: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(module).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

/** The names of accesses that pair, as comments in the sources say them. */
function pairingNames(): Set<string> {
  const names = new Set<string>();
  for (const path of readdirSync(new URL("lib/", ROOT), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts")) continue;
    const code = readFileSync(new URL(`lib/${path}`, ROOT), "utf8");
    for (const [, said] of code.matchAll(/[Pp]airs: ([^.;\n]*)/g)) {
      for (const name of said.split(",")) names.add(name.trim());
    }
  }
  return names;
}

const text = readFileSync(PAGE, "utf8"), tables = tablesOf(text);
/** The page without its line breaks. */
const prose = text.replaceAll(/\s+/g, " ");
const sources = [...new Set(tables.map(({ source }) => source))];

describe("docs/format.md", () => {
  it("has a table for every format", () => {
    const formats = readdirSync(new URL("lib/", ROOT), { recursive: true, encoding: "utf8" })
      .filter((path) => /(^|[/_])format\.ts$/.test(path)).map((path) => `lib/${path}`);
    assertGreater(formats.length, 16);
    assertEquals(formats.filter((path) => !sources.includes(path)), []);
  });

  for (const source of sources) {
    it(`agrees with ${source}, and is complete`, async () => {
      const constants = await constantsOf(source);
      const listed = new Set<string>(), complaints: string[] = [];
      for (const { columns, rows, line } of tables.filter((table) => table.source === source)) {
        let end: number | undefined;
        for (const cells of rows) {
          const cell = (column: string) => cells[columns.indexOf(column)] ?? "",
            name = cell("constant").replaceAll("`", "");
          const value = constants[name], where = `line ${line}: ${cells.join(" | ")}`;
          if (name !== "") listed.add(name);
          if (name !== "" && value === undefined) complaints.push(`${where}: no such constant`);
          if (columns[0] === "constant") {
            if (Number(cell("value")) !== value >>> 0) complaints.push(`${where}: is ${value}`);
            continue;
          }
          const offset = Number(cell("offset")), bytes = Number(cell("bytes"));
          if (Number.isNaN(offset)) continue;
          if (end !== undefined && offset !== end) complaints.push(`${where}: does not follow ${end}`);
          end = Number.isNaN(bytes) ? undefined : offset + bytes;
          if (value !== undefined && bytesOf(name, value) !== offset) complaints.push(`${where}: is ${value}`);
        }
      }
      assertGreater(listed.size, 0);
      complaints.push(
        ...Object.keys(constants).filter((name) => !listed.has(name)).map((name) => `${name} is missing`),
      );
      assertEquals(complaints, []);
    });
  }

  it("has pairing names that are in the sources", () => {
    const known = pairingNames(),
      named = new Set(Array.from(prose.matchAll(/\*\*([a-z]+(?: [a-z]+)+)\*\*/g), (m) => m[1]));
    assertGreater(named.size, 40);
    assertEquals([...named].filter((name) => !known.has(name)), []);
  });

  it("has hashes that keyed tables have", () => {
    const [, ...told] = /hash of the text `(\S+)` is 0x(\w{8}), of `(\S+)` 0x(\w{8}), of the integer (\d+) 0x(\w{8})/
      .exec(prose)!;
    const hashOf = (key: string | number) => {
      const layout = struct("Row", { of: u32 }),
        options = {
          layout,
          key: typeof key === "string" ? chars(16) : u53,
          capacity: 5,
        };
      const region = Region.over(new SharedArrayBuffer(KeyedTable.byteLength(options)));
      KeyedTable.init(region, options);
      KeyedTable.attach(region, options).add(key);
      // The one entry of the index, of 8 slots: its upper bits are the hash's, and its place the lower ones.
      const index = region.source.u32.subarray(640 / 4, 640 / 4 + 8), slot = index.findIndex((entry) => entry !== 0);
      return ((index[slot] & ~7 | slot) >>> 0).toString(16).padStart(8, "0");
    };
    assertEquals([hashOf(told[0]), hashOf(told[2]), hashOf(Number(told[4]))], [told[1], told[3], told[5]]);
  });

  it("has a scale that histograms have", () => {
    const [, counts, value, index] = /3 digits there are ([\d,]+) counts, and ([\d,]+) belongs to count ([\d,]+)/
      .exec(prose)!.map((cell) => Number(cell.replaceAll(",", "")));
    const reading = new HistogramReading({ lowest: 1, highest: 1e9, digits: 3 });
    reading.record(value);
    assertEquals([reading.counts.length, reading.counts.indexOf(1)], [counts, index]);
  });

  it("names files that exist", () => {
    for (const [, path] of text.matchAll(/`((?:lib|interop|tests)\/[\w./]+\.\w+)`/g)) {
      assert(readFileSync(new URL(`../../${path}`, import.meta.url)).length > 0, path);
    }
  });
});
