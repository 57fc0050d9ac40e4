import { EVENT_KINDS, type EventKind, type MarketEvent } from "./events.ts";

/** From one event to the next, this is no time that passed but a fault of a clock, or another recording: microseconds. */
export const JUMP_US = 3600e6;

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
  /** Events, by kind. */
  readonly events: Record<EventKind, number> = { depth: 0, top: 0, trade: 0, ticker: 0 };
  /** Events that were recorded before the one in front of them. */
  receivedBackwards = 0;
  /** Events that were recorded more than an hour after the one in front of them, which nobody waits for. */
  jumps = 0;
  /** Events that happened before an earlier one of the same instrument and kind. */
  exchangeBackwards = 0;
  #lastReceivedUs = NaN;
  /** By instrument and kind. */
  readonly #lastExchangeMs: number[] = [];

  /** Events of all kinds. */
  get total(): number {
    return EVENT_KINDS.reduce((sum, kind) => sum + this.events[kind], 0);
  }

  /** Counts an event and looks at its times. */
  count(event: MarketEvent): void {
    this.events[event.kind]++;
    if (event.receivedUs < this.#lastReceivedUs) this.receivedBackwards++;
    else if (event.receivedUs - this.#lastReceivedUs > JUMP_US) this.jumps++;
    this.#lastReceivedUs = event.receivedUs;
    if (event.kind === "depth" && event.isSnapshot) return; // asked for elsewhere, so not in the stream's order
    const stream = event.instrument * EVENT_KINDS.length + EVENT_KINDS.indexOf(event.kind);
    const last = this.#lastExchangeMs[stream] ?? -Infinity;
    if (event.exchangeMs < last) this.exchangeBackwards++;
    this.#lastExchangeMs[stream] = event.exchangeMs;
  }

  /** Counts a line that could not be read. */
  countBroken(error: Error): void {
    this.broken++;
    if (this.examples.length < EXAMPLES) this.examples.push(`line ${this.lines}: ${error.message}`);
  }
}
