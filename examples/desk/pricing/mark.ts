import type { TickerEvent } from "../input/events.ts";
import type { InstrumentModel } from "../instrument/instrument_model.ts";

/** What an option's exchange says it is worth, in dollars: the price of an inverse one is in coins. */
export function dollarsOf({ kind }: InstrumentModel, { markPrice, underlyingPrice }: TickerEvent): number {
  return kind === "inverseOption" ? markPrice * underlyingPrice : markPrice;
}
