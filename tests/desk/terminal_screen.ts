/** As much of a terminal as the desk's view makes use of. */
export class TerminalScreen {
  readonly #rows: number;
  readonly #columns: number;
  readonly #lines: string[][];
  readonly #scrolled: string[] = [];
  #row = 0;
  #column = 0;

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#lines = Array.from({ length: rows }, () => []);
  }

  /** What is seen, without what is empty at the ends. */
  get text(): string {
    return this.#lines.map(textOf).join("\n").trimEnd();
  }

  /** What was moved out of sight, a line each. */
  get scrolled(): string {
    return this.#scrolled.join("\n").trimEnd() + (this.#scrolled.length > 0 ? "\n" : "");
  }

  write(text: string): void {
    // A control sequence that was cut off ends with the next one.
    // deno-lint-ignore no-control-regex
    for (const [part, control, count, command] of text.matchAll(/(\x1b\[?)\??([0-9;]*)([A-Za-z])?|[^]/gu)) {
      if (control !== undefined) this.#control(count, command);
      else if (part === "\r") this.#column = 0;
      else if (part === "\n") {
        this.#column = 0; // so terminals do, unless asked not to
        this.#feed();
      } else this.#put(part);
    }
  }

  #control(count: string, command: string | undefined): void {
    const line = this.#lines[this.#row];
    if (command === "H") {
      this.#row = Math.min(this.#rows, Number(count.split(";")[0]) || 1) - 1;
      this.#column = 0;
    }
    if (command === "K" && count === "2") line.length = 0;
    // Behind a full line, the cursor still stands on its last letter.
    else if (command === "K") line.length = Math.min(line.length, this.#column, this.#columns - 1);
    else if (command === "J") {
      line.length = Math.min(line.length, this.#column, this.#columns - 1);
      for (const below of this.#lines.slice(this.#row + 1)) below.length = 0;
    }
  }

  #put(letter: string): void {
    if (this.#column === this.#columns) {
      this.#column = 0;
      this.#feed();
    }
    const line = this.#lines[this.#row];
    while (line.length < this.#column) line.push(" ");
    line[this.#column++] = letter;
  }

  #feed(): void {
    if (++this.#row < this.#rows) return;
    this.#row = this.#rows - 1;
    this.#scrolled.push(textOf(this.#lines.shift()!));
    this.#lines.push([]);
  }
}

function textOf(line: readonly string[]): string {
  return line.join("").trimEnd();
}
