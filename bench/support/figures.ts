import { cpus, release } from "node:os";
import { type Runtime, thisRuntime } from "../../support/runtimes.ts";

/** The least or the most that is wanted, in figures of C. */
export type Goals = Readonly<Partial<Record<Runtime, number>>>;

/** This runtime's goal behind a sign; "" without one. */
export function goal(sign: "≤" | "≥", goals: Goals = {}): string {
  const own = goals[thisRuntime];
  return own === undefined ? "" : `${sign} ${own}`;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The one below which a quarter of them lies: for times, which other loads of the machine only make longer. */
export function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2];
}

/** The machine in one line, without which no figure means anything. */
export function machine(): string {
  const all = cpus();
  return `${thisRuntime} on ${all[0].model.trim()}, ${all.length} cores, Linux ${release()}`;
}

/** Prints rows under a heading: the first column to the left, the others to the right. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column].length)));
  for (const row of [heading, ...rows]) {
    console.log(
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ").trimEnd(),
    );
  }
}
