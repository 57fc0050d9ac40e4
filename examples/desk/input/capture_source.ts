import { CaptureParser } from "./capture_parser.ts";
import type { MarketEvent } from "./events.ts";
import type { InputReport } from "./input_report.ts";
import type { Definitions } from "./definitions.ts";
import { Instruments } from "./instruments.ts";
import { FileFault, type Lines, readLines } from "./line_reader.ts";
import type { Source } from "./source.ts";

const NEWLINE = 0x0a;

/**
 * The events of a captured file. A file whose packing is broken, wherever, is reported as a broken line, and ends
 * there.
 */
export class CaptureSource implements Source {
  readonly label: string;
  readonly #parser: CaptureParser;
  readonly #pieces: AsyncGenerator<Lines>;
  #lines: Lines = new Uint8Array(0);
  #at = 0;
  #isEnded = false;

  /**
   * Nothing is read yet.
   *
   * @param path The file.
   * @param definitions Shared by sources that are replayed together.
   * @param label Its name; defaults to its path.
   */
  constructor(path: string, definitions?: Definitions, label: string = path) {
    this.label = label;
    this.#parser = new CaptureParser(new Instruments(definitions));
    this.#pieces = readLines(path, (remark) => this.report.remark(remark));
  }

  /** The instruments that its events are about. */
  get instruments(): Instruments {
    return this.#parser.instruments;
  }

  /** What was found so far. */
  get report(): InputReport {
    return this.#parser.report;
  }

  /** The next event, good until the call after; undefined if `fill` must be called first. */
  next(): MarketEvent | undefined {
    const more = this.#parser.more();
    if (more !== undefined) return more;
    const lines = this.#lines;
    while (this.#at < lines.length) {
      const start = this.#at;
      this.#at = lines.indexOf(NEWLINE, start) + 1;
      const event = this.#parser.parse(lines, start);
      if (event !== undefined) return event;
    }
    return undefined;
  }

  /**
   * Reads on in the file.
   *
   * @returns False at its end.
   * @throws {Error} If the file cannot be opened or read.
   */
  async fill(): Promise<boolean> {
    try {
      const { done, value } = await this.#pieces.next();
      if (done) return this.#end();
      this.#lines = value;
      this.#at = 0;
      return true;
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      this.report.countBroken(error);
      return this.#end();
    }
  }

  /** @returns True once: what was waiting for another line is there now. */
  #end(): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#lines = new Uint8Array(0);
    this.#at = 0;
    this.#parser.end();
    return true;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined);
  }
}
