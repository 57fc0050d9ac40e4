/**
 * Text that fits a terminal. Words are broken only if they are longer than a line.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

/** How many columns a text takes that has no wide letters. */
export function widthOf(text: string): number {
  return text.includes("\x1b") ? stripVTControlCharacters(text).length : text.length;
}

/**
 * Puts phrases after each other, with commas between them, in as many lines as they need. None is divided.
 *
 * @param columns Of the terminal.
 */
export function flow(phrases: readonly string[], columns: number): string[] {
  return fill(phrases.map((phrase, i) => i < phrases.length - 1 ? `${phrase},` : phrase), columns, "");
}

/**
 * Divides a line between its words. What does not fit in the first stands deeper in the next ones.
 *
 * @param columns Of the terminal.
 */
export function wrap(line: string, columns: number): string[] {
  if (widthOf(line) <= columns) return [line];
  const margin = line.slice(0, line.search(/\S|$/));
  return fill(line.slice(margin.length).split(" "), columns - margin.length, "  ").map((line) => margin + line);
}

function fill(parts: readonly string[], columns: number, margin: string): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(part);
    else if (widthOf(last) + 1 + widthOf(part) <= columns) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(margin + part);
  }
  return lines;
}
