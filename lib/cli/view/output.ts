import process from "node:process";
import { harmless, harmlessJson } from "./figures.ts";
import { forJson } from "./values.ts";

/** Where a command's answer goes. */
export class Output {
  /** Whether it is to be JSON. */
  readonly isJson: boolean;

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** Whether a person sees it as it is written. */
  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  /** Columns of the terminal; what goes elsewhere is never cut. */
  get columns(): number {
    return this.isTerminal ? process.stdout.columns || 80 : Infinity;
  }

  /** Lines of the terminal. */
  get rows(): number {
    return process.stdout.rows || 24;
  }

  /** Writes lines. */
  lines(...lines: readonly string[]): void {
    if (lines.length > 0) answer(lines.join("\n") + "\n");
  }

  /** Writes a value as JSON, on several lines. */
  json(value: unknown): void {
    answer(harmlessJson(JSON.stringify(value, forJson, 2)) + "\n");
  }

  /** Writes a value as JSON on one line: one of many. */
  jsonLine(value: unknown): void {
    answer(harmlessJson(JSON.stringify(value, forJson)) + "\n");
  }

  /** Says what is wrong. */
  complain(message: string): void {
    complain(message);
  }
}

/** Says what is wrong, on one line: it may have texts of others in it, and these line feeds. */
export function complain(message: string): void {
  process.stderr.write(`shmkit: ${harmless(message)}\n`);
}

/** Writes a part of the answer. Runtimes report what goes wrong with it at once, or later. */
export function answer(text: string): void {
  try {
    process.stdout.write(text);
  } catch (error) {
    endUnanswered(error as NodeJS.ErrnoException);
  }
}

/** Ends the program, whose answer cannot be written. */
export function endUnanswered({ code, message }: NodeJS.ErrnoException): never {
  // Its reader has closed the pipe.
  if (code === "EPIPE") process.exit(0);
  complain(`Cannot write the answer: ${message}`);
  process.exit(1);
}
