import { binanceFuturesModel, binanceSpotModel } from "./binance_names.ts";
import { deribitModel } from "./deribit_names.ts";
import { type InstrumentModel, unknownModel, type Venue } from "./instrument_model.ts";
import { okxModel } from "./okx_names.ts";

/** The longest names of coins that a desk's rows have room for. */
const MOST_BASE_BYTES = 16, MOST_QUOTE_BYTES = 8;

const encoder = new TextEncoder();

const READERS: Readonly<Record<Venue, (name: string) => InstrumentModel>> = {
  other: (name) => unknownModel(name, "other"),
  binanceSpot: binanceSpotModel,
  binanceFutures: binanceFuturesModel,
  deribit: deribitModel,
  okx: okxModel,
};

/** What an instrument's name means at its venue. */
export function modelOf(name: string, venue: Venue): InstrumentModel {
  return withRoom(READERS[venue](name));
}

/** The same, or one of which nothing is known, if a row has no room for the names of its coins. */
export function withRoom(model: InstrumentModel): InstrumentModel {
  const { name, venue, base, quote, settlement } = model;
  const isShort = bytesOf(base) <= MOST_BASE_BYTES && bytesOf(quote) <= MOST_QUOTE_BYTES &&
    bytesOf(settlement) <= MOST_BASE_BYTES;
  return isShort ? model : unknownModel(name, venue);
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
