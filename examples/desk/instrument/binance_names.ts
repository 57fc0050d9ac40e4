import { expiryOfDigits } from "./expiry.ts";
import { type InstrumentModel, unknownModel } from "./instrument_model.ts";

/** What Binance's futures on margin in dollars, and a few others, are priced in. */
const FUTURES_PAIR = /^(.+?)(USDT|USDC|FDUSD|BUSD|TUSD|USDP|BTC|ETH|BNB)$/;
/** What its spot pairs are priced in. */
const SPOT_PAIR =
  /^(.+?)(USDT|USDC|FDUSD|BUSD|TUSD|USDP|USDS|PAX|DAI|BTC|ETH|BNB|XRP|TRX|DOGE|EUR|GBP|TRY|BRL|AUD|RUB|UAH|NGN|ZAR|JPY|MXN|ARS|COP|CZK|PLN|RON|IDRT|BIDR|BKRW|VAI|USD)$/;
const COIN_MARGINED = /^(.+)USD_(PERP|\d{6})$/;
const OPTION = /^([A-Z0-9]+)-(\d{6})-(\d+(?:\.\d+)?)-([CP])$/;

/** Dollars of a contract on margin in coins; those of coins that are not named here have 10. */
const CONTRACT_DOLLARS: Readonly<Record<string, number>> = { BTC: 100 };
/** Options of which one contract is one coin; names do not say what a contract on other coins is. */
const WHOLE_COINS: ReadonlySet<string> = new Set(["BTC", "ETH"]);

/**
 * Reads the names of Binance's futures and options:
 *
 *     BTCUSDT  1000PEPEUSDT  BTCUSDT_241227    linear perpetuals, linear future: quantities are in coins
 *     BTCUSD_PERP  BTCUSD_241227               inverse ones: quantities are contracts of 100 dollars, or 10
 *     DOGE-240223-0.091-C                      linear option
 */
export function binanceFuturesModel(name: string): InstrumentModel {
  const unknown = unknownModel(name, "binanceFutures");
  const option = OPTION.exec(name);
  if (option !== null) return optionModel(unknown, option);
  const inverse = COIN_MARGINED.exec(name);
  if (inverse !== null) {
    const [, base, delivery] = inverse, contractSize = CONTRACT_DOLLARS[base] ?? 10;
    const known = { ...unknown, base, quote: "USD", settlement: base, contractSize, lot: 1, quantityDigits: 0 };
    if (delivery === "PERP") return { ...known, kind: "inversePerpetual" };
    const expiryMs = expiryOfDigits(delivery);
    return expiryMs === undefined ? unknown : { ...known, kind: "inverseFuture", expiryMs };
  }
  const [pairName, delivery, ...rest] = name.split("_"), pair = FUTURES_PAIR.exec(pairName);
  if (pair === null || rest.length > 0) return unknown;
  const [, base, quote] = pair, known = { ...unknown, base, quote, settlement: quote, contractSize: 1 };
  if (delivery === undefined) return { ...known, kind: "linearPerpetual" };
  const expiryMs = expiryOfDigits(delivery);
  return expiryMs === undefined ? unknown : { ...known, kind: "linearFuture", expiryMs };
}

/** Reads the names of Binance's spot pairs: `BTCUSDT`, `ETHBTC`. */
export function binanceSpotModel(name: string): InstrumentModel {
  const known = { ...unknownModel(name, "binanceSpot"), kind: "spot", contractSize: 1 } as const;
  const pair = SPOT_PAIR.exec(name);
  return pair === null ? known : { ...known, base: pair[1], quote: pair[2] };
}

function optionModel(unknown: InstrumentModel, match: RegExpExecArray): InstrumentModel {
  const [, base, day, strikeText, right] = match;
  const expiryMs = expiryOfDigits(day), strike = Number(strikeText);
  if (expiryMs === undefined || !(strike > 0)) return unknown;
  const contractSize = WHOLE_COINS.has(base) ? 1 : NaN, isCall = right === "C";
  const terms = { base, quote: "USDT", settlement: "USDT", contractSize, expiryMs, strike, isCall };
  return { ...unknown, kind: "linearOption", ...terms };
}
