import type { PartContent } from "../../memory/internal.ts";
import { harmless } from "./figures.ts";
import { type Column, table } from "./table.ts";

/** What to say of an object of a kind that is not the library's. */
export const OF_ANOTHER_PROGRAM = "only its program knows what its words mean, as it is of none of the library's kinds";

/** Bytes of a message that are shown to people. */
const BYTES_SHOWN = 32;

/** What JSON has no form for: bytes as hexadecimal digits, large integers and what is no number as texts. */
export function forJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return hexadecimal(value);
  return value;
}

/** A value in a cell. */
export function cell(value: unknown): string {
  if (value === undefined) return "";
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === "string") return harmless(value);
  if (typeof value === "object" && value !== null) return harmless(JSON.stringify(value, forJson));
  return String(value);
}

/** What lies in a part, as a table: nested structs have a column for each of their fields. */
export function contentsTable(contents: readonly PartContent[], columns: number): string[] {
  const rows = contents.map((content) => flat(content));
  const heads = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const all: Column[] = heads.map((head) => ({
    head: harmless(head),
    cells: rows.map((row) => cell(row.get(head))),
    isNumber: rows.every((row) => ["number", "bigint", "undefined"].includes(typeof row.get(head))),
  }));
  return all.length === 0 ? [] : table(all, columns);
}

/** One of the things that lie in a part, on a line of its own. */
export function contentLine(content: PartContent): string {
  return Array.from(flat(content), ([name, value]) => `${harmless(name)} ${cell(value)}`).join("  ");
}

function flat(value: PartContent, prefix = "", into: Map<string, unknown> = new Map()): Map<string, unknown> {
  for (const [name, part] of Object.entries(value)) {
    const isStruct = typeof part === "object" && part !== null && !Array.isArray(part) && !ArrayBuffer.isView(part);
    if (isStruct) flat(part as PartContent, `${prefix}${name}.`, into);
    else into.set(prefix + name, part);
  }
  return into;
}

/** Text where it is, digits where not. */
function bytesText(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, BYTES_SHOWN), more = bytes.length > BYTES_SHOWN ? "…" : "";
  const isText = shown.length > 0 && shown.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? JSON.stringify(new TextDecoder().decode(shown)) + more : hexadecimal(shown) + more;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
