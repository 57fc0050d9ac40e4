import Table from "cli-table3";
import pc from "picocolors";
import { widthOf } from "./flow.ts";

/** A column of a table. */
export interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Where there is no room for all, those with the highest are left out first; those without one never. */
  readonly rank?: number;
}

/** Columns of the terminal between two of a table: the paddings of both, and what is in the middle. */
const BETWEEN = 3;

/** None but what is in the middle. */
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
  middle: " ",
};

/**
 * Draws a table: the first column to the left, the others to the right.
 *
 * @param columns Of the terminal.
 */
export function table(all: readonly Column[], columns = Infinity): string {
  const shown = fitting(all.map((column) => ({ ...column, width: widthOfColumn(column) })), columns);
  const drawn = new Table({
    head: shown.map(({ head }) => pc.dim(head)),
    style: { head: [], border: [], "padding-left": 1, "padding-right": 1 },
    chars: BORDERS,
    colAligns: shown.map((_, i) => i === 0 ? "left" : "right"),
  });
  drawn.push(...shown[0].cells.map((_, row) => shown.map(({ cells }) => cells[row])));
  return drawn.toString().split("\n").map((line) => line.trimEnd()).join("\n");
}

function fitting<C extends Column & { readonly width: number }>(all: readonly C[], columns: number): readonly C[] {
  let shown = all;
  while (shown.reduce((sum, { width }) => sum + width + BETWEEN, 1 - BETWEEN) > columns) {
    const rank = Math.max(...shown.map(({ rank }) => rank ?? 0));
    if (rank === 0) break;
    shown = shown.filter((column) => column.rank !== rank);
  }
  return shown;
}

function widthOfColumn({ head, cells }: Column): number {
  return Math.max(widthOf(head), ...cells.map(widthOf));
}
