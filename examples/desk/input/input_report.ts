import { EVENT_KINDS, type EventKind, type MarketEvent } from "./events.ts";

/** How many broken lines are kept as examples. */
const EXAMPLES = 5;

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
  /** What was wrong with the first of them. */
  readonly examples: string[] = [];
  /** What is unusual about the whole, and no fault. */
  readonly remarks: string[] = [];
  /** Events, by kind. */
  readonly events: Record<EventKind, number> = { depth: 0, top: 0, trade: 0, ticker: 0 };

  /** Events of all kinds. */
  get total(): number {
    return EVENT_KINDS.reduce((sum, kind) => sum + this.events[kind], 0);
  }

  /** Counts an event. */
  count(event: MarketEvent): void {
    this.events[event.kind]++;
  }

  /** Notes what is unusual. */
  remark(text: string): void {
    this.remarks.push(text);
  }

  /** Counts a line that could not be read. */
  countBroken(error: Error): void {
    this.broken++;
    if (this.examples.length < EXAMPLES) this.examples.push(`line ${this.lines}: ${error.message}`);
  }
}
