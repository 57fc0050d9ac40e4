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
 * lines that differ. A text that is not a schema is shown as it is, quoted and cut. Of long schemas a readable part is
 * shown: lines that differ first, and never more than some kilobytes.
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
  const numbers: Numbers = new Map();
  const found = describe(foundText, numbers), expected = describe(expectedText, numbers);
  const keys = [...new Set([...expected.keys(), ...found.keys()])];
  // The size comes last, whichever side has more fields.
  keys.sort((a, b) => Number(a === SIZE) - Number(b === SIZE));
  const rows = keys.map((key): Row => [found.get(key) ?? expected.get(key), found.get(key), expected.get(key)]);
  const { shown, omitted } = selected(rows);
  const cells = shown.map((row) => [cut(row[0]!.path), cut(row[1]?.kind ?? "-"), cut(row[2]?.kind ?? "-"), mark(row)]);
  const table = [["field", "found", "expected", " "], ...cells];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map(([name, left, right, mark]) =>
    `${mark} ${name.padEnd(widths[0])}  ${left.padEnd(widths[1])}  ${right}`
  );
  return [...lines, ...omitted > 0 ? [`  … and ${omitted} lines more`] : []].join("\n");
}

const NAME = "(struct)", SIZE = "(size)";

/** How many lines are shown, how many characters of a cell, and of a name within a path. */
const MOST_ROWS = 64, CELL_LENGTH = 100, NAME_LENGTH = 40;

/** A line of one side. */
interface Line {
  /** The field's name, after those of the structs that it is in. */
  readonly path: string;
  readonly kind: string;
}

/** A line of both. */
type Row = readonly [either: Line | undefined, found: Line | undefined, expected: Line | undefined];

/**
 * A number for each struct or array that has fields, the same on both sides: with long names, whole paths take too much
 * memory.
 */
type Numbers = Map<string, number>;

function mark([, found, expected]: Row): string {
  return found?.kind === expected?.kind ? " " : "!";
}

/** The rows that are shown: of the fields, those that differ go before those that do not; all stay in order. */
function selected(rows: readonly Row[]): { shown: readonly Row[]; omitted: number } {
  if (rows.length <= MOST_ROWS) return { shown: rows, omitted: 0 };
  const isField = ([line]: Row) => line!.path !== NAME && line!.path !== SIZE;
  const whole = rows.filter((row) => !isField(row)), fields = rows.filter(isField);
  const inOrder = [...fields.filter((row) => mark(row) === "!"), ...fields.filter((row) => mark(row) === " ")];
  const chosen = new Set([...whole, ...inOrder.slice(0, MOST_ROWS - whole.length)]);
  return { shown: rows.filter((row) => chosen.has(row)), omitted: rows.length - chosen.size };
}

function cut(text: string, length: number = CELL_LENGTH): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The lines of one side. Kinds are compared whole, and only then cut. */
function describe(text: string, numbers: Numbers): Map<string, Line> {
  const lines = new Map<string, Line>();
  const add = (key: string, kind: string) => lines.set(key, { path: key, kind });
  try {
    const struct = parseSchema(text);
    add(NAME, struct.name);
    addFields(struct, "", "", 0, lines, numbers);
    add(SIZE, `${struct.byteLength} bytes`);
  } catch (error) {
    if (!(error instanceof SegmentFormatError)) throw error;
    add(NAME, `no schema: ${JSON.stringify(text.slice(0, 40))}`);
  }
  return lines;
}

/**
 * @param prefix The path in front of the fields' names, cut.
 * @param parent The same, in short and whole.
 */
function addFields(
  struct: Struct,
  prefix: string,
  parent: string,
  base: number,
  lines: Map<string, Line>,
  numbers: Numbers,
): void {
  for (const { name, field, byteOffset } of struct.fields) {
    const key = parent + name, path = prefix + cut(name, NAME_LENGTH), offset = base + byteOffset;
    let inner: Field = field, suffix = "";
    while (inner.kind === "array") {
      inner = inner.element!;
      suffix += "[]";
    }
    if (inner.kind === "struct") {
      // Its own fields follow; the line gives name and count only.
      lines.set(key, { path, kind: `${field.schema.replace(inner.schema, (inner as Struct).name)} @${offset}` });
      const whole = key + suffix, id = numbers.get(whole) ?? numbers.set(whole, numbers.size).get(whole)!;
      addFields(inner as Struct, `${path}${suffix}.`, `${id}.`, offset, lines, numbers);
    } else lines.set(key, { path, kind: `${field.schema} @${offset}` });
  }
}
