import pc from "picocolors";
import { widthOf } from "./flow.ts";

/** A column of a table. */
export interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Where there is no room for all, those with the highest are left out first; those without one never. */
  readonly rank?: number;
}

/** What stands between columns. */
const BETWEEN = 3;

/**
 * Draws a table: the first column to the left, the others to the right.
 *
 * @param columns Of the terminal.
 */
export function table(all: readonly Column[], columns = Infinity): string {
  const shown = fitting(all.map((column) => ({ ...column, width: widthOfColumn(column) })), columns);
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, i) => {
      const space = " ".repeat(shown[i].width - widthOf(cell));
      return i === 0 ? cell + space : space + cell;
    });
    return ` ${padded.join(" ".repeat(BETWEEN))}`.trimEnd();
  };
  const rows = shown[0].cells.map((_, row) => line(shown.map(({ cells }) => cells[row])));
  return [pc.dim(line(shown.map(({ head }) => head))), ...rows].join("\n");
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
