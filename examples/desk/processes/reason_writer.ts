import { basename } from "node:path";
import type { Source } from "../input/source.ts";
import { type Desk, MAX_REASONS } from "../layout/desk.ts";
import { EXAMPLE_BYTES, REASON_BYTES } from "../layout/reason_bytes.ts";
import { takeOver } from "./take_over.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A reported reason, and how often it occurred. */
interface Reported {
  readonly row: number;
  count: number;
}

/** Reports why lines of the input hold no event: the one writer of those tables. Reasons are the same in all files. */
export class ReasonWriter implements Disposable {
  readonly #reasons: ReturnType<Desk["reasons"]["writer"]>;
  readonly #examples: ReturnType<Desk["reasonExamples"]["writer"]>;
  readonly #reported: Map<string, Reported> = new Map();

  constructor(desk: Desk) {
    this.#reasons = takeOver(() => desk.reasons.writer());
    this.#examples = takeOver(() => desk.reasonExamples.writer());
  }

  /** Reports what is new. */
  report(sources: readonly Source[]): void {
    const counts = new Map<string, number>();
    for (const { label, report } of sources) {
      const file = basename(label);
      for (const { reason, isBroken, count, line, example } of report.reasons) {
        const kind = isBroken ? "broken" : "skipped", key = `${kind} ${reason}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
        this.#begin(key, kind, reason, `${file}:${line}${example === "" ? "" : `: ${example}`}`);
      }
      for (const remark of report.remarks) {
        counts.set(`remark ${file} ${remark}`, 1);
        this.#begin(`remark ${file} ${remark}`, "remark", remark, file);
      }
    }
    for (const [key, count] of counts) this.#count(key, count);
  }

  /** Releases both roles. */
  [Symbol.dispose](): void {
    this.#reasons.close();
    this.#examples.close();
  }

  /** Notes a reason that is seen for the first time. A predecessor's rows are written again, with the same. */
  #begin(key: string, kind: "skipped" | "broken" | "remark", reason: string, example: string): void {
    const row = this.#reported.size;
    if (this.#reported.has(key) || row >= MAX_REASONS) return;
    this.#reported.set(key, { row, count: 0 });
    this.#examples.write(row, { text: fitted(example, EXAMPLE_BYTES) });
    this.#reasons.write(row, { kind, reason: fitted(reason, REASON_BYTES), count: 0 });
  }

  #count(key: string, count: number): void {
    const reported = this.#reported.get(key);
    if (reported === undefined || reported.count === count) return;
    reported.count = count;
    const row = this.#reasons.begin(reported.row);
    row.count = count;
    this.#reasons.commit();
  }
}

/** The beginning of a text that takes so many bytes at most. */
function fitted(text: string, most: number): string {
  const bytes = encoder.encode(text);
  if (bytes.length <= most) return text;
  // A character that is cut off decodes to a replacement.
  return decoder.decode(bytes.subarray(0, most - 3)).replace(/\ufffd+$/, "") + "…";
}
