import { EVENT_KINDS, type EventKind, type MarketEvent } from "./events.ts";
import { LineError } from "./json_scanner.ts";

/** How many broken lines are kept as examples. */
const EXAMPLES = 5;
/** How many kinds of reasons are distinguished; all others are one kind. */
const MOST_REASONS = 40;
/** How much of a line is shown, in bytes. */
const SHOWN_BYTES = 120;
/** What the rest of the reasons are called. */
const OTHERS = "other reasons";

const NEWLINE = 0x0a;
const decoder = new TextDecoder();

/** Why lines hold no event. */
export interface LineReason {
  readonly reason: string;
  /** Whether the lines are broken; if not, they are of a kind that is not read. */
  readonly isBroken: boolean;
  count: number;
  /** The first of them, and its beginning. */
  readonly line: number;
  readonly example: string;
}

/** What was found in an input: what it held, and what was wrong with it. Nothing of it ends a replay. */
export class InputReport {
  /** Lines read. */
  lines = 0;
  /** Lines that are no messages of a market: headers, subscriptions, other channels. */
  skipped = 0;
  /** Lines that could not be read. */
  broken = 0;
  /** Definitions of instruments. */
  definitions = 0;
  /** What was wrong with the first of the broken lines. */
  readonly examples: string[] = [];
  /** What is unusual about the whole, and no fault. */
  readonly remarks: string[] = [];
  /** Events, by kind. */
  readonly events: Record<EventKind, number> = { depth: 0, top: 0, trade: 0, ticker: 0 };
  readonly #reasons: Map<string, LineReason> = new Map();

  /** Events of all kinds. */
  get total(): number {
    return EVENT_KINDS.reduce((sum, kind) => sum + this.events[kind], 0);
  }

  /** Why lines were skipped or broken, in the order in which each was first seen. */
  get reasons(): readonly LineReason[] {
    return [...this.#reasons.values()];
  }

  /** Counts an event. */
  count(event: MarketEvent): void {
    this.events[event.kind]++;
  }

  /** Notes what is unusual. */
  remark(text: string): void {
    this.remarks.push(text);
  }

  /** Counts a line that is of a kind that is not read. */
  countSkipped(reason: string, bytes?: Uint8Array, start = 0): void {
    this.skipped++;
    this.#note(reason, false, bytes, start);
  }

  /** Counts a line that could not be read. */
  countBroken(error: Error, bytes?: Uint8Array, start = 0): void {
    this.broken++;
    if (this.examples.length < EXAMPLES) this.examples.push(`line ${this.lines}: ${error.message}`);
    this.#note(error instanceof LineError ? error.reason : error.message, true, bytes, start);
  }

  #note(reason: string, isBroken: boolean, bytes: Uint8Array | undefined, start: number): void {
    const key = `${isBroken} ${reason}`, known = this.#reasons.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    if (this.#reasons.size >= MOST_REASONS && reason !== OTHERS) return this.#note(OTHERS, isBroken, bytes, start);
    this.#reasons.set(key, { reason, isBroken, count: 1, line: this.lines, example: beginningOf(bytes, start) });
  }
}

/** The beginning of a line, as text that can be shown anywhere. */
function beginningOf(bytes: Uint8Array | undefined, start: number): string {
  if (bytes === undefined) return "";
  const newline = bytes.indexOf(NEWLINE, start), end = newline < 0 ? bytes.length : newline;
  const text = decoder.decode(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)));
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "·") + (end - start > SHOWN_BYTES ? "…" : "");
}
