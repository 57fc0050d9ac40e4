import { CaptureParser } from "./capture_parser.ts";
import type { MarketEvent } from "./events.ts";
import type { InputReport } from "./input_report.ts";
import type { Instruments } from "./instruments.ts";
import { type Lines, readLines } from "./line_reader.ts";
import type { Source } from "./source.ts";

const NEWLINE = 0x0a;

/**
 * The events of a captured file. A file whose packing is broken, wherever, is reported as a broken line, and ends there.
 */
export class CaptureSource implements Source {
  readonly #parser: CaptureParser;
  readonly #pieces: AsyncGenerator<Lines>;
  #lines: Lines = new Uint8Array(0);
  #at = 0;

  /**
   * Nothing is read yet.
   *
   * @param path The file.
   * @param instruments Shared by sources that are replayed together.
   */
  constructor(path: string, instruments?: Instruments) {
    this.#parser = new CaptureParser(instruments);
    this.#pieces = readLines(path);
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
      if (done) {
        this.#parser.end();
        return false;
      }
      this.#lines = value;
      this.#at = 0;
      return true;
    } catch (error) {
      if ((error as { syscall?: string }).syscall !== undefined) throw error; // of the file system, not of its packing
      this.report.countBroken(error as Error);
      return false;
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined);
  }
}
