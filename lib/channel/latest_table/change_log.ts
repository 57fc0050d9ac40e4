import { load } from "../../atomic/mod.ts";
import { CHANGES_OFFSET, TABLE_HEADER_BYTES } from "./format.ts";
import type { TableGeometry } from "./geometry.ts";

/**
 * A table's log of changes, as readers see it. The writer notes the row, publishes its version, and then counts the
 * change: a reader that sees the count finds the row in the log, and the version in the row.
 */
export class ChangeLog {
  readonly #words: Int32Array;
  readonly #geometry: TableGeometry;
  /** Made at the first visit. A visit takes it away, so that a visit within it makes its own. */
  #findings: Findings | undefined;

  constructor(words: Int32Array, geometry: TableGeometry) {
    this.#words = words;
    this.#geometry = geometry;
  }

  /** How many changes there were, modulo 2^32. */
  get count(): number {
    return load(this.#words, CHANGES_OFFSET / 4) >>> 0; // pairs: table changes
  }

  /** Calls a function for each row that changed, and returns the count to continue from. */
  visit(since: number, fn: (row: number) => void): number {
    if (since >>> 0 !== since) {
      throw new RangeError(
        `Cannot find changes as 'since' must be a count of changes, from 0 to 4294967295: received ${since}`,
      );
    }
    const now = this.count, changes = (now - since) >>> 0;
    if (changes === 0) return now;
    const findings = this.#findings ?? new Findings(this.#geometry.rows);
    this.#findings = undefined;
    if (changes <= this.#geometry.logMask && this.#find(since, changes, findings)) {
      for (let i = 0; i < findings.found; i++) fn(findings.rows[i]);
    } else this.#visitAll(fn);
    this.#findings = findings;
    return now;
  }

  /** Reads the log; false if it was overwritten meanwhile. */
  #find(since: number, changes: number, findings: Findings): boolean {
    const { rows, logOffset, logMask } = this.#geometry, words = this.#words;
    findings.begin();
    for (let i = 0; i < changes; i++) {
      const row = load(words, logOffset / 4 + ((since + i) & logMask)); // pairs: table changes
      if (row >>> 0 < rows && this.#wasWritten(row)) findings.add(row);
    }
    // A writer that has counted a lap of changes since then is about to overwrite the first entry.
    return ((this.count - since) >>> 0) <= logMask;
  }

  #visitAll(fn: (row: number) => void): void {
    for (let row = 0; row < this.#geometry.rows; row++) if (this.#wasWritten(row)) fn(row);
  }

  /**
   * Whether there is anything in a row: what a dead writer noted, or a wrapped version, may be shown once too often.
   */
  #wasWritten(row: number): boolean {
    const at = (TABLE_HEADER_BYTES + row * this.#geometry.rowBytes) / 4;
    // A version of 0 is the first, or has wrapped: then its slot has its high half.
    return load(this.#words, at) !== 0 || this.#words[at + 3] !== 0;
  }
}

/** The rows that a visit found, each once. */
class Findings {
  readonly rows: Int32Array;
  found = 0;
  /** In which visit each row was found last. */
  readonly #visits: Uint32Array;
  #visit = 0;

  constructor(rows: number) {
    this.rows = new Int32Array(rows);
    this.#visits = new Uint32Array(rows);
  }

  begin(): void {
    this.found = 0;
    this.#visit = (this.#visit + 1) >>> 0;
    if (this.#visit !== 0) return;
    this.#visits.fill(0);
    this.#visit = 1;
  }

  add(row: number): void {
    if (this.#visits[row] === this.#visit) return;
    this.#visits[row] = this.#visit;
    this.rows[this.found] = row;
    this.found++;
  }
}
