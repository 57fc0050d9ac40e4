import type { OptionTerms } from "./option_terms.ts";

/** Where an instrument is traded: names mean something within their venue only. */
export const VENUES = ["other", "binanceSpot", "binanceFutures", "deribit", "okx"] as const;

/** A venue. */
export type Venue = typeof VENUES[number];

/** Venues in words, where two instruments of the same name must be distinguished. */
export const VENUE_TEXTS: Readonly<Record<Venue, string>> = {
  other: "other",
  binanceSpot: "spot",
  binanceFutures: "futures",
  deribit: "Deribit",
  okx: "OKX",
};

/**
 * What an instrument is. A *linear* contract is of so many coins, and earns and costs what its price is in. An
 * *inverse* one earns and costs coins: a future is of so many dollars, an option's price is in coins.
 */
export const INSTRUMENT_KINDS = [
  "unknown",
  "spot",
  "linearFuture",
  "linearPerpetual",
  "inverseFuture",
  "inversePerpetual",
  "linearOption",
  "inverseOption",
  "combo",
] as const;

/** What an instrument is. */
export type InstrumentKind = typeof INSTRUMENT_KINDS[number];

/** A kind in words. */
export const KIND_TEXTS: Readonly<Record<InstrumentKind, string>> = {
  unknown: "unknown",
  spot: "spot",
  linearFuture: "linear future",
  linearPerpetual: "linear perpetual",
  inverseFuture: "inverse future",
  inversePerpetual: "inverse perpetual",
  linearOption: "linear option",
  inverseOption: "inverse option",
  combo: "combo",
};

/** What is known of an instrument. Text that is not known is empty, a number is NaN. */
export interface InstrumentModel {
  readonly name: string;
  readonly venue: Venue;
  readonly kind: InstrumentKind;
  /** The coin that it is about: deltas of different ones do not add up. */
  readonly base: string;
  /** What its price is in; of an inverse option, what its strike is in. */
  readonly quote: string;
  /** What gains and losses are paid in. */
  readonly settlement: string;
  /** What 1 of its quantity stands for: coins; of an inverse future or perpetual, units of its quote. */
  readonly contractSize: number;
  /** When it expires, milliseconds since 1970. */
  readonly expiryMs: number;
  /** In units of its quote. */
  readonly strike: number;
  /** Whether an option is a call. */
  readonly isCall: boolean;
  /** Orders are for multiples of this quantity: see `lotOf`. */
  readonly lot: number;
  /** Digits after the point that its prices have. */
  readonly priceDigits: number;
  /** Those that its quantities have. */
  readonly quantityDigits: number;
}

/** The names of the currencies that count as dollars. */
const DOLLARS: ReadonlySet<string> = new Set(["USD", "USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USDP", "DAI", "USDE"]);

/** An instrument of which nothing but the name is known. */
export function unknownModel(name: string, venue: Venue): InstrumentModel {
  return {
    name,
    venue,
    kind: "unknown",
    base: "",
    quote: "",
    settlement: "",
    contractSize: NaN,
    expiryMs: NaN,
    strike: NaN,
    isCall: false,
    lot: NaN,
    priceDigits: NaN,
    quantityDigits: NaN,
  };
}

/** Whether it is a future or a perpetual. */
export function isFuture({ kind }: InstrumentModel): boolean {
  return /Future$|Perpetual$/.test(kind);
}

/** Whether it is an option. */
export function isOption({ kind }: InstrumentModel): boolean {
  return kind === "linearOption" || kind === "inverseOption";
}

/** Whether it is a future or a perpetual that earns coins. */
export function isInverseFuture({ kind }: InstrumentModel): boolean {
  return kind === "inverseFuture" || kind === "inversePerpetual";
}

/** Whether enough is known to compute the value of a quantity in dollars. */
export function isValued(model: InstrumentModel): boolean {
  if (!(model.contractSize > 0) || !DOLLARS.has(model.quote) || model.base === "") return false;
  if (isFuture(model)) return true;
  return isOption(model) && Number.isFinite(model.expiryMs) && model.strike > 0;
}

/** Whether the desk may hold it to offset deltas: only a future of which all is known. */
export function isHedge(model: InstrumentModel): boolean {
  return isFuture(model) && isValued(model);
}

/** Whether its prices may be below 0, as those of differences are. */
export function mayBeNegative({ kind }: InstrumentModel): boolean {
  return kind === "combo" || kind === "unknown";
}

/**
 * What an option is, as far as its price depends on it; undefined if it is no option, or too little of it is known.
 */
export function optionTermsOf(model: InstrumentModel): OptionTerms | undefined {
  if (!isOption(model) || !isValued(model)) return undefined;
  const { base, expiryMs, strike, isCall } = model;
  return { currency: base, expiryMs, strike, isCall };
}
