import Table from "cli-table3";
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
const GAP = 2;

const BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: " ".repeat(GAP),
};

/**
 * Draws a table.
 *
 * @param columns Of the terminal; Infinity where nothing is to be left out.
 * @returns Its lines, the head first; none may be longer than the terminal is wide.
 */
export function table(all: readonly Column[], columns: number): string[] {
  const shown = fitting(all, columns);
  const drawn = new Table({
    head: shown.map(({ head }) => pc.dim(head)),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    chars: BORDERS,
    colAligns: shown.map(({ isNumber }) => isNumber === true ? "right" : "left"),
  });
  drawn.push(...shown[0].cells.map((_, row) => shown.map(({ cells }) => cells[row])));
  return drawn.toString().split("\n").map((line) => cut(line.trimEnd(), columns));
}

/** A line, no longer than the terminal is wide. */
export function cut(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : `${sliceAnsi(line, 0, Math.max(0, columns - 1))}…`;
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

function fitting(all: readonly Column[], columns: number): readonly Column[] {
  let shown = all;
  while (shown.reduce((sum, column) => sum + widthOfColumn(column) + GAP, -GAP) > columns) {
    const rank = Math.max(...shown.map(({ rank }) => rank ?? 0));
    if (rank === 0) break;
    shown = shown.filter((column) => column.rank !== rank);
  }
  return shown;
}

function widthOfColumn({ head, cells }: Column): number {
  return Math.max(widthOf(head), ...cells.map(widthOf));
}
