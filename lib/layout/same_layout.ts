import { LayoutMismatchError, SegmentFormatError } from "../errors.ts";
import type { Field } from "./field.ts";
import { parseSchema } from "./schema.ts";
import type { Struct } from "./struct_type.ts";

/**
 * Refuses an object whose stored layout is another than this program's.
 *
 * @param what The object, as messages call it.
 * @param foundText The schema stored in the segment.
 * @param expected The struct this program uses, or its schema.
 * @throws {LayoutMismatchError} If the schemas differ; the message shows both, field by field.
 */
export function assertSameLayout(what: string, foundText: string, expected: Pick<Struct, "schema"> | string): void {
  const expectedText = typeof expected === "string" ? expected : expected.schema;
  if (foundText === expectedText) return;
  throw new LayoutMismatchError(
    `Cannot open ${what} as its layout must be the one this program uses:\n${diffSchemas(foundText, expectedText)}`,
    foundText,
    expectedText,
  );
}

/**
 * Compares two layouts for a reader: one line for each field, with its kind and offset on either side, and a `!` before
 * lines that differ. A text which is no schema is shown as it is, quoted and cut.
 *
 * @param foundText One schema.
 * @param expectedText Another.
 * @returns The lines.
 *
 * @example
 * ```ts
 * import { diffSchemas } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   diffSchemas("Quote{bid:f64}", "Quote{bid:f64,size:u32}"),
 *   `  field     found    expected
 *   (struct)  Quote    Quote
 *   bid       f64 @0   f64 @0
 * ! size      -        u32 @8
 * ! (size)    8 bytes  16 bytes`,
 * );
 * ```
 */
export function diffSchemas(foundText: string, expectedText: string): string {
  const found = describe(foundText), expected = describe(expectedText);
  const names = [...new Set([...expected.keys(), ...found.keys()])];
  // The size comes last, whichever side has more fields.
  names.sort((a, b) => Number(a === SIZE) - Number(b === SIZE));
  const rows = names.map((name) => [name, found.get(name) ?? "-", expected.get(name) ?? "-"] as const);
  const table = [["field", "found", "expected"] as const, ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column].length)));
  return table.map(([name, left, right], i) =>
    `${i > 0 && left !== right ? "!" : " "} ${name.padEnd(widths[0])}  ${left.padEnd(widths[1])}  ${right}`
  ).join("\n");
}

const SIZE = "(size)";

/** The lines of one side by name. */
function describe(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  try {
    const struct = parseSchema(text);
    lines.set("(struct)", struct.name);
    addFields(struct, "", 0, lines);
    lines.set(SIZE, `${struct.byteLength} bytes`);
  } catch (error) {
    if (!(error instanceof SegmentFormatError)) throw error;
    lines.set("(struct)", `no schema: ${JSON.stringify(text.slice(0, 40))}`);
  }
  return lines;
}

function addFields(struct: Struct, prefix: string, base: number, lines: Map<string, string>): void {
  for (const { name, field, byteOffset } of struct.fields) {
    const path = prefix + name, offset = base + byteOffset;
    let inner: Field = field, suffix = "";
    while (inner.kind === "array") {
      inner = inner.element!;
      suffix += "[]";
    }
    if (inner.kind === "struct") {
      // Its own fields follow; the line gives name and count only.
      lines.set(path, `${field.schema.replace(inner.schema, (inner as Struct).name)} @${offset}`);
      addFields(inner as Struct, `${path}${suffix}.`, offset, lines);
    } else lines.set(path, `${field.schema} @${offset}`);
  }
}
