import { cpus, release } from "node:os";

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The machine in one line, without which no figure means anything. */
export function machine(): string {
  return `${cpus()[0].model}, ${cpus().length} cores, Linux ${release()}`;
}
