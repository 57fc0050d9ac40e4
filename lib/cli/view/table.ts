import pc from "picocolors";
import sliceAnsi from "slice-ansi";

/** A column of a table. */
export interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Where there is no room for all, those with the highest are left out first; those without one never. */
  readonly rank?: number;
}

/** Between two columns. */
const BETWEEN = "  ";

/** As narrow as a column of texts becomes. */
const LEAST_WIDTH = 12;

/**
 * Draws a table. A package would do it as well, but one that takes milliseconds for each is most of what `top` costs.
 *
 * @param columns Of the terminal; Infinity where nothing is to be left out.
 * @returns Its lines, the head first; none may be longer than the terminal is wide.
 */
export function table(all: readonly Column[], columns: number): string[] {
  const shown = narrowed(fitting(all.map((column) => ({ ...column, width: widthOfColumn(column) })), columns), columns);
  const line = (cellOf: (column: Column) => string, paint = (text: string) => text) =>
    cut(
      shown.map((column) => {
        const text = cellOf(column), padding = " ".repeat(column.width - widthOf(text));
        return column.isNumber === true ? padding + paint(text) : paint(text) + padding;
      }).join(BETWEEN).trimEnd(),
      columns,
    );
  return [line(({ head }) => head, pc.dim), ...shown[0].cells.map((_, row) => line(({ cells }) => cells[row]))];
}

/** A line, no longer than the terminal is wide. */
export function cut(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : `${sliceAnsi(line, 0, Math.max(0, columns - 1))}…`;
}

/** The least that a text after a label is given of a line; where there is less, it goes below the label. */
const LEAST_WRAPPED = 30;

/** The least that a word is cut into, however narrow the terminal is. */
const LEAST_PIECE = 8;

/** A text after a label, on as many lines as it takes. */
export function wrapped(label: string, text: string, columns: number): string[] {
  const isBeside = columns - widthOf(label) >= Math.min(LEAST_WRAPPED, columns);
  const indent = " ".repeat(isBeside ? widthOf(label) : 2), lines = isBeside ? [label] : [label.trimEnd(), indent];
  let isEmpty = true;
  for (const word of text.split(" ").flatMap((word) => pieces(word, Math.max(LEAST_PIECE, columns - indent.length)))) {
    const last = lines.length - 1, added = isEmpty ? word : ` ${word}`;
    if (isEmpty || widthOf(lines[last]) + widthOf(added) <= columns) lines[last] += added;
    else lines.push(indent + word);
    isEmpty = false;
  }
  return lines.filter((line) => line !== "");
}

/** A word, cut where it is longer than a line. */
function pieces(word: string, most: number): string[] {
  const found: string[] = [];
  for (; widthOf(word) > most; word = sliceAnsi(word, most)) found.push(sliceAnsi(word, 0, most));
  return [...found, word];
}

/** How many places a text takes. */
export function widthOf(text: string): number {
  // Most texts are of plain letters.
  if (/^[ -~]*$/.test(text)) return text.length;
  // Without colours, letters that take two places for two, and those that combine for none.
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  let width = 0;
  for (const char of plain) width += /\p{Mark}/u.test(char) ? 0 : isWide(char.codePointAt(0)!) ? 2 : 1;
  return width;
}

function isWide(code: number): boolean {
  return code >= 0x1100 &&
    (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd));
}

interface MeasuredColumn extends Column {
  readonly width: number;
}

function fitting(all: readonly MeasuredColumn[], columns: number): readonly MeasuredColumn[] {
  let shown = all;
  while (widthOfAll(shown) > columns) {
    const rank = Math.max(...shown.map(({ rank }) => rank ?? 0));
    if (rank === 0) break;
    shown = shown.filter((column) => column.rank !== rank);
  }
  return shown;
}

/** Cuts the cells of the widest column where there is no room for all of it, so that those after it are seen. */
function narrowed(shown: readonly MeasuredColumn[], columns: number): readonly MeasuredColumn[] {
  const excess = widthOfAll(shown) - columns;
  if (excess <= 0) return shown;
  const widest = shown.reduce((a, b) => b.width > a.width ? b : a);
  const width = Math.max(widthOf(widest.head), LEAST_WIDTH, widest.width - excess);
  if (width >= widest.width) return shown;
  const cells = widest.cells.map((text) => cut(text, width));
  return shown.map((column) => column === widest ? { ...column, cells, width } : column);
}

function widthOfAll(shown: readonly MeasuredColumn[]): number {
  return shown.reduce((sum, { width }) => sum + width + BETWEEN.length, -BETWEEN.length);
}

function widthOfColumn({ head, cells }: Column): number {
  return cells.reduce((most, text) => Math.max(most, widthOf(text)), widthOf(head));
}
