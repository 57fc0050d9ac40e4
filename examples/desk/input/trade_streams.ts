import type { MarketEvent } from "./events.ts";

/**
 * Binance sends its trades one by one in one stream, and those of one order together in another. Of an instrument's two
 * the first one counts: both would count each trade twice.
 */
export class TradeStreams {
  /** Trades that were left out. */
  repeated = 0;
  /** By instrument: whether the trades that count are aggregate ones. */
  readonly #isAggregate: (boolean | undefined)[] = [];

  /** Whether an event counts. */
  accept(event: MarketEvent): boolean {
    if (event.kind !== "trade") return true;
    const isAggregate = this.#isAggregate[event.instrument] ??= event.isAggregate;
    if (isAggregate === event.isAggregate) return true;
    this.repeated++;
    return false;
  }
}
