import { EVENT_KINDS, type MarketEvent } from "./events.ts";

/**
 * From one event to the next, this is no time that passed but a fault of a clock, or another recording: microseconds.
 */
export const JUMP_US = 3600e6;

/** Whether events come in the order of their times, over all that is played. Nothing of it ends a replay. */
export class OrderReport {
  /** Events that were recorded before the one in front of them. */
  receivedBackwards = 0;
  /** Events that were recorded more than an hour after the one in front of them; the replay does not wait that long. */
  jumps = 0;
  /** Events that happened before an earlier one of the same instrument and kind. */
  exchangeBackwards = 0;
  readonly #total: OrderReport;
  #lastReceivedUs = NaN;
  /** By instrument and kind. */
  readonly #lastExchangeMs: number[] = [];

  /** @param total Where the counts go, of one of several whose times have nothing to do with each other. */
  constructor(total?: OrderReport) {
    this.#total = total ?? this;
  }

  /** Checks the next event's times. */
  count(event: MarketEvent): void {
    const total = this.#total;
    if (event.receivedUs < this.#lastReceivedUs) total.receivedBackwards++;
    else if (event.receivedUs - this.#lastReceivedUs > JUMP_US) total.jumps++;
    this.#lastReceivedUs = event.receivedUs;
    if (event.kind === "depth" && event.isSnapshot) return; // asked for elsewhere, so not in the stream's order
    if (event.exchangeMs !== event.exchangeMs) return; // it has none
    const stream = event.instrument * EVENT_KINDS.length + EVENT_KINDS.indexOf(event.kind);
    const last = this.#lastExchangeMs[stream] ?? -Infinity;
    if (event.exchangeMs < last) total.exchangeBackwards++;
    this.#lastExchangeMs[stream] = event.exchangeMs;
  }
}
